//! Every call ends exactly once, at the right moment.

use gusset_core::{Clock, Outcome};
use gusset_http::HttpServerClassifier;
use gusset_testkit::ScriptedBody;
use http::{Method, Response};

use crate::support::{drain, end, frame, observe, observe_as, ok, only, panics, request, status};

/// Returns the end of a call whose response is dropped at once. Its body would never end.
fn end_at_headers(method: Method, code: u16) -> String {
    let body = ScriptedBody::new().data("never polled").pend_forever();
    let (response, recorder) =
        observe_as::<HttpServerClassifier, _>(request(method), status(code, body), Clock::system());
    let in_flight = recorder.in_flight();
    drop(response);
    format!(
        "{}{}",
        end(&recorder),
        if in_flight == 0 { "" } else { ", on drop" }
    )
}

#[test]
fn response_without_a_body_ends_at_its_headers() {
    for code in [200, 404, 500, 204, 304] {
        assert_eq!(
            end_at_headers(Method::HEAD, code),
            "Complete",
            "HEAD {code}"
        );
    }
    for code in [100, 102, 103, 199, 204, 304] {
        assert_eq!(end_at_headers(Method::GET, code), "Complete", "GET {code}");
    }
    for code in [200, 201, 205, 206, 301, 303, 400, 404, 500, 503, 999] {
        assert_eq!(
            end_at_headers(Method::GET, code),
            "Cancelled(body), on drop",
            "GET {code}"
        );
    }
}

#[test]
fn upgrade_ends_at_its_headers() {
    assert_eq!(end_at_headers(Method::GET, 101), "Upgraded");
    assert_eq!(end_at_headers(Method::HEAD, 101), "Upgraded");
    for code in [200, 201, 204, 299] {
        assert_eq!(
            end_at_headers(Method::CONNECT, code),
            "Upgraded",
            "CONNECT {code}"
        );
    }
    for code in [300, 404, 502] {
        assert_eq!(
            end_at_headers(Method::CONNECT, code),
            "Cancelled(body), on drop",
            "CONNECT {code}"
        );
    }
    assert_eq!(end_at_headers(Method::CONNECT, 304), "Complete");
}

#[test]
fn empty_body_ends_at_the_headers() {
    let (response, recorder) = observe(ok(ScriptedBody::new()));
    assert_eq!(end(&recorder), "Complete");
    drop(response);
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn body_ends_with_the_frame_that_reports_it() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("ab").data("c")));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(recorder.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&recorder), "Complete");
    let call = only(&recorder);
    assert_eq!((call.bytes, call.chunks, call.responses), (3, 2, 1));
}

#[test]
fn body_without_an_end_hint_ends_after_its_last_frame() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("abc").without_end_hint()));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(recorder.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn empty_body_without_an_end_hint_ends_when_polled() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().without_end_hint()));
    assert_eq!(recorder.in_flight(), 1);
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn trailers_end_the_body() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new()
        .data("abc")
        .trailers("sum", "6")
        .without_end_hint()));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(recorder.in_flight(), 1);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&recorder), "Complete(trailers)");
}

#[test]
fn body_error_fails_the_call() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("abc").error()));
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Failed(body)");
    let call = only(&recorder);
    assert_eq!((call.status, call.error), (Some("200"), Some("_OTHER")));
    assert_eq!(call.outcome, Outcome::ServerError);
}

#[test]
fn body_dropped_before_its_first_poll_is_cancelled() {
    let (response, recorder) = observe(ok(ScriptedBody::new().data("abc")));
    assert_eq!(recorder.in_flight(), 1);
    drop(response);
    assert_eq!(end(&recorder), "Cancelled(body)");
}

#[test]
fn body_dropped_while_pending_is_cancelled() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("abc").pend_forever()));
    assert!(frame(response.body_mut()).is_ready());
    assert!(frame(response.body_mut()).is_pending());
    drop(response);
    assert_eq!(end(&recorder), "Cancelled(body)");
    assert_eq!(only(&recorder).bytes, 3);
}

#[test]
fn body_keeps_the_call_without_its_response() {
    let (response, recorder) = observe(ok(ScriptedBody::new().data("abc")));
    let (head, mut body) = response.into_parts();
    drop(head);
    assert_eq!(recorder.in_flight(), 1);
    drain(&mut body);
    assert_eq!(end(&recorder), "Complete");
}

#[test]
fn body_panic_ends_the_call() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("abc").panic()));
    assert!(frame(response.body_mut()).is_ready());
    assert!(panics(|| frame(response.body_mut())));
    drop(response);
    assert_eq!(end(&recorder), "Panicked(body)");
    assert_eq!(only(&recorder).error, Some("panic"));
}

#[test]
fn body_dropped_by_another_panic_is_cancelled() {
    let (mut response, recorder) = observe(ok(ScriptedBody::new().data("abc").pend_forever()));
    assert!(panics(|| {
        assert!(frame(response.body_mut()).is_ready());
        let _owned = response;
        panic!("scripted panic");
    }));
    assert_eq!(end(&recorder), "Cancelled(body)");
}

#[test]
fn default_body_belongs_to_no_call() {
    let mut body = crate::support::Tracked::<HttpServerClassifier>::default();
    drain(&mut body);
    drop(Response::new(body));
}
