//! A length that was declared is a promise: paid, a drop is the end; unpaid, it is not complete.

use gusset_core::Outcome;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use http::Response;
use http_body::SizeHint;

use crate::support::{drain, end, frame, observe, ok, only};

fn declares(length: &str, body: ScriptedBody) -> Response<ScriptedBody> {
    Response::builder()
        .header("content-length", length)
        .body(body)
        .unwrap()
}

/// Polls so many frames and drops the answer, as a server does whose caller has all or is gone.
fn take(frames: usize, response: Response<ScriptedBody>) -> RecordingObserver {
    let (mut response, witness) = observe(response);
    for _ in 0..frames {
        assert!(frame(response.body_mut()).is_ready());
    }
    drop(response);
    witness
}

fn abc() -> ScriptedBody {
    ScriptedBody::new().data("ab").data("c").pend_forever()
}

#[test]
fn a_body_dropped_with_its_content_length_paid_is_complete() {
    assert_eq!(end(&take(2, declares("3", abc()))), "Complete");
}

#[test]
fn a_body_dropped_with_its_exact_size_paid_is_complete() {
    let hinted = abc().size_hint(SizeHint::with_exact(3));
    assert_eq!(end(&take(2, ok(hinted))), "Complete");
}

#[test]
fn a_body_dropped_with_anything_owed_was_cancelled() {
    for frames in [0, 1] {
        assert_eq!(end(&take(frames, declares("3", abc()))), "Cancelled(body)");
        let hinted = abc().size_hint(SizeHint::with_exact(3));
        assert_eq!(end(&take(frames, ok(hinted))), "Cancelled(body)");
    }
}

#[test]
fn a_range_of_sizes_promises_nothing() {
    let mut hint = SizeHint::new();
    hint.set_lower(3);
    hint.set_upper(4);
    assert_eq!(end(&take(2, ok(abc().size_hint(hint)))), "Cancelled(body)");
}

#[test]
fn the_header_is_the_promise_where_the_hint_says_otherwise() {
    let hinted = || abc().size_hint(SizeHint::with_exact(2));
    assert_eq!(end(&take(1, declares("3", hinted()))), "Cancelled(body)");
    assert_eq!(end(&take(2, declares("3", hinted()))), "Complete");
}

#[test]
fn nothing_declared_is_paid_at_the_head() {
    let body = || ScriptedBody::new().without_end_hint();
    assert_eq!(end(&take(0, declares("0", body()))), "Complete");
    assert_eq!(
        end(&take(0, ok(body().size_hint(SizeHint::with_exact(0))))),
        "Complete"
    );
}

#[test]
fn empty_pieces_pay_nothing() {
    let body = ScriptedBody::new()
        .data("")
        .data("abc")
        .data("")
        .pend_forever();
    let witness = take(3, declares("3", body));
    assert_eq!(end(&witness), "Complete");
    assert_eq!((only(&witness).bytes, only(&witness).pieces), (3, 3));
}

#[test]
fn a_body_that_ends_short_of_its_length_has_failed() {
    let short = |body: ScriptedBody| {
        let (mut response, witness) = observe(declares("4", body));
        drain(response.body_mut());
        drop(response);
        let fact = only(&witness);
        assert_eq!(
            (end(&witness).as_str(), fact.error),
            ("Failed(body)", Some("body_length_mismatch"))
        );
        assert_eq!(fact.outcome, Outcome::ServerError);
    };
    short(ScriptedBody::new());
    short(ScriptedBody::new().data("abc"));
    short(ScriptedBody::new().data("abc").without_end_hint());
    short(ScriptedBody::new().data("abc").trailers("sum", "6"));
}

#[test]
fn a_body_that_goes_on_beyond_its_length_has_failed_with_that_piece() {
    let (mut response, witness) =
        observe(declares("3", ScriptedBody::new().data("abcd").data("e")));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&witness), "Failed(body)");
    drain(response.body_mut());
    assert_eq!(end(&witness), "Failed(body)");
    assert_eq!(only(&witness).bytes, 4);
}

#[test]
fn a_paid_body_that_then_fails_has_failed() {
    let (mut response, witness) = observe(declares("3", ScriptedBody::new().data("abc").error()));
    drain(response.body_mut());
    assert_eq!(end(&witness), "Failed(body)");
}

#[test]
fn a_paid_body_that_gives_trailers_ends_with_them() {
    let body = ScriptedBody::new().data("abc").trailers("sum", "6");
    let (mut response, witness) = observe(declares("3", body));
    drain(response.body_mut());
    assert_eq!(end(&witness), "Complete(trailers)");
}

#[test]
fn a_length_that_is_no_number_is_not_declared() {
    // What a server does not take for a length is none here either: "+3" is not one.
    for length in [
        "",
        "x",
        "-3",
        "+3",
        " 3",
        "3 ",
        "3, 3",
        "0x3",
        "3.0",
        "18446744073709551616",
    ] {
        assert_eq!(
            end(&take(2, declares(length, abc()))),
            "Cancelled(body)",
            "{length:?}"
        );
        let ends = ScriptedBody::new().data("ab");
        assert_eq!(
            end(&take(1, declares(length, ends))),
            "Complete",
            "{length:?}"
        );
    }
}

#[test]
fn the_largest_length_is_as_good_as_any() {
    let length = u64::MAX.to_string();
    assert_eq!(end(&take(2, declares(&length, abc()))), "Cancelled(body)");
    let length = (u64::MAX - 1).to_string();
    assert_eq!(end(&take(2, declares(&length, abc()))), "Cancelled(body)");
}
