//! Exactly one end for every call, and when.

use gusset_core::{Clock, Outcome};
use gusset_http::HttpServerClassifier;
use gusset_testkit::ScriptedBody;
use http::{Method, Response};

use crate::support::{drain, end, frame, observe, observe_as, ok, only, panics, request, status};

/// The end's name for an answer that is dropped as soon as it is there; its body would stall.
fn at_head(method: Method, code: u16) -> String {
    let body = ScriptedBody::new().data("never asked for").pend_forever();
    let (response, witness) =
        observe_as::<HttpServerClassifier, _>(request(method), status(code, body), Clock::system());
    let in_flight = witness.in_flight();
    drop(response);
    format!(
        "{}{}",
        end(&witness),
        if in_flight == 0 { "" } else { ", on drop" }
    )
}

#[test]
fn an_answer_that_cannot_have_a_body_ends_at_its_head() {
    for code in [200, 404, 500, 204, 304] {
        assert_eq!(at_head(Method::HEAD, code), "Complete", "HEAD {code}");
    }
    for code in [100, 102, 103, 199, 204, 304] {
        assert_eq!(at_head(Method::GET, code), "Complete", "GET {code}");
    }
    for code in [200, 201, 205, 206, 301, 303, 400, 404, 500, 503, 999] {
        assert_eq!(
            at_head(Method::GET, code),
            "Cancelled(body), on drop",
            "GET {code}"
        );
    }
}

#[test]
fn an_upgrade_ends_at_its_head_and_is_called_one() {
    assert_eq!(at_head(Method::GET, 101), "Upgraded");
    assert_eq!(at_head(Method::HEAD, 101), "Upgraded");
    for code in [200, 201, 204, 299] {
        assert_eq!(at_head(Method::CONNECT, code), "Upgraded", "CONNECT {code}");
    }
    for code in [300, 404, 502] {
        assert_eq!(
            at_head(Method::CONNECT, code),
            "Cancelled(body), on drop",
            "CONNECT {code}"
        );
    }
    assert_eq!(at_head(Method::CONNECT, 304), "Complete");
}

#[test]
fn a_body_that_is_at_its_end_at_the_head_ends_there() {
    let (response, witness) = observe(ok(ScriptedBody::new()));
    assert_eq!(end(&witness), "Complete");
    drop(response);
    assert_eq!(end(&witness), "Complete");
}

#[test]
fn a_body_that_says_it_is_at_its_end_ends_with_that_frame() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("ab").data("c")));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(witness.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&witness), "Complete");
    let fact = only(&witness);
    assert_eq!((fact.bytes, fact.pieces, fact.responses), (3, 2, 1));
}

#[test]
fn a_body_that_does_not_say_so_ends_when_there_is_no_more_frame() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("abc").without_end_hint()));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(witness.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&witness), "Complete");
}

#[test]
fn an_empty_body_that_does_not_say_so_ends_when_there_is_no_frame() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().without_end_hint()));
    assert_eq!(witness.in_flight(), 1);
    drain(response.body_mut());
    assert_eq!(end(&witness), "Complete");
}

#[test]
fn trailers_are_the_end() {
    let (mut response, witness) = observe(ok(ScriptedBody::new()
        .data("abc")
        .trailers("sum", "6")
        .without_end_hint()));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(witness.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&witness), "Complete(trailers)");
}

#[test]
fn an_error_of_the_body_is_a_failure_while_delivering() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("abc").error()));
    drain(response.body_mut());
    assert_eq!(end(&witness), "Failed(body)");
    let fact = only(&witness);
    assert_eq!((fact.status, fact.error), (Some("200"), Some("_OTHER")));
    assert_eq!(fact.outcome, Outcome::ServerError);
}

#[test]
fn a_body_dropped_before_its_first_poll_was_cancelled() {
    let (response, witness) = observe(ok(ScriptedBody::new().data("abc")));
    assert_eq!(witness.in_flight(), 1);
    drop(response);
    assert_eq!(end(&witness), "Cancelled(body)");
}

#[test]
fn a_body_dropped_between_frames_or_while_pending_was_cancelled() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("abc").pend_forever()));
    assert!(frame(response.body_mut()).is_ready());
    assert!(frame(response.body_mut()).is_pending());
    drop(response);
    assert_eq!(end(&witness), "Cancelled(body)");
    assert_eq!(only(&witness).bytes, 3);
}

#[test]
fn a_body_that_is_taken_out_of_its_answer_keeps_the_call() {
    let (response, witness) = observe(ok(ScriptedBody::new().data("abc")));
    let (head, mut body) = response.into_parts();
    drop(head);
    assert_eq!(witness.in_flight(), 1);
    drain(&mut body);
    assert_eq!(end(&witness), "Complete");
}

#[test]
fn a_body_that_panics_is_a_panic_while_delivering() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("abc").panic()));
    assert!(frame(response.body_mut()).is_ready());
    assert!(panics(|| frame(response.body_mut())));
    drop(response);
    assert_eq!(end(&witness), "Panicked(body)");
    assert_eq!(only(&witness).error, Some("panic"));
}

#[test]
fn a_healthy_body_that_anothers_panic_drops_was_cancelled_and_has_not_panicked() {
    let (mut response, witness) = observe(ok(ScriptedBody::new().data("abc").pend_forever()));
    assert!(panics(|| {
        assert!(frame(response.body_mut()).is_ready());
        let _owned = response;
        panic!("as the script says");
    }));
    assert_eq!(end(&witness), "Cancelled(body)");
}

#[test]
fn a_default_body_belongs_to_no_call() {
    let mut body = crate::support::Tracked::<HttpServerClassifier>::default();
    drain(&mut body);
    drop(Response::new(body));
}
