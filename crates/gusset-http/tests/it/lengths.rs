//! A body that is dropped is complete if its declared length was sent.

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

/// Polls `frames` frames and drops the response, as a server does at the end or when the client leaves.
fn poll_and_drop(frames: usize, response: Response<ScriptedBody>) -> RecordingObserver {
    let (mut response, recorder) = observe(response);
    for _ in 0..frames {
        assert!(frame(response.body_mut()).is_ready());
    }
    drop(response);
    recorder
}

fn abc() -> ScriptedBody {
    ScriptedBody::new().data("ab").data("c").pend_forever()
}

#[test]
fn body_dropped_after_its_content_length_is_complete() {
    assert_eq!(end(&poll_and_drop(2, declares("3", abc()))), "Complete");
}

#[test]
fn body_dropped_after_its_exact_size_is_complete() {
    let hinted = abc().size_hint(SizeHint::with_exact(3));
    assert_eq!(end(&poll_and_drop(2, ok(hinted))), "Complete");
}

#[test]
fn body_dropped_before_its_length_is_cancelled() {
    for frames in [0, 1] {
        assert_eq!(
            end(&poll_and_drop(frames, declares("3", abc()))),
            "Cancelled(body)"
        );
        let hinted = abc().size_hint(SizeHint::with_exact(3));
        assert_eq!(end(&poll_and_drop(frames, ok(hinted))), "Cancelled(body)");
    }
}

#[test]
fn size_range_declares_no_length() {
    let mut hint = SizeHint::new();
    hint.set_lower(3);
    hint.set_upper(4);
    assert_eq!(
        end(&poll_and_drop(2, ok(abc().size_hint(hint)))),
        "Cancelled(body)"
    );
}

#[test]
fn content_length_has_precedence_over_the_hint() {
    let hinted = || abc().size_hint(SizeHint::with_exact(2));
    assert_eq!(
        end(&poll_and_drop(1, declares("3", hinted()))),
        "Cancelled(body)"
    );
    assert_eq!(end(&poll_and_drop(2, declares("3", hinted()))), "Complete");
}

#[test]
fn zero_length_is_complete_at_the_headers() {
    let body = || ScriptedBody::new().without_end_hint();
    assert_eq!(end(&poll_and_drop(0, declares("0", body()))), "Complete");
    assert_eq!(
        end(&poll_and_drop(
            0,
            ok(body().size_hint(SizeHint::with_exact(0)))
        )),
        "Complete"
    );
}

#[test]
fn empty_chunks_count_as_chunks_without_bytes() {
    let body = ScriptedBody::new()
        .data("")
        .data("abc")
        .data("")
        .pend_forever();
    let recorder = poll_and_drop(3, declares("3", body));
    assert_eq!(end(&recorder), "Complete");
    assert_eq!((only(&recorder).bytes, only(&recorder).chunks), (3, 3));
}

#[test]
fn body_shorter_than_its_length_fails() {
    let short = |body: ScriptedBody| {
        let (mut response, recorder) = observe(declares("4", body));
        drain(response.body_mut());
        drop(response);
        let call = only(&recorder);
        assert_eq!(
            (end(&recorder).as_str(), call.error),
            ("Failed(body)", Some("body_length_mismatch"))
        );
        assert_eq!(call.outcome, Outcome::ServerError);
    };
    short(ScriptedBody::new());
    short(ScriptedBody::new().data("abc"));
    short(ScriptedBody::new().data("abc").without_end_hint());
    short(ScriptedBody::new().data("abc").trailers("sum", "6"));
}

#[test]
fn body_longer_than_its_length_fails() {
    let (mut response, recorder) =
        observe(declares("3", ScriptedBody::new().data("abcd").data("e")));
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(end(&recorder), "Failed(body)");
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Failed(body)");
    assert_eq!(only(&recorder).bytes, 4);
}

#[test]
fn error_after_the_declared_length_fails_the_call() {
    let (mut response, recorder) = observe(declares("3", ScriptedBody::new().data("abc").error()));
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Failed(body)");
}

#[test]
fn trailers_after_the_declared_length_end_the_body() {
    let body = ScriptedBody::new().data("abc").trailers("sum", "6");
    let (mut response, recorder) = observe(declares("3", body));
    drain(response.body_mut());
    assert_eq!(end(&recorder), "Complete(trailers)");
}

#[test]
fn invalid_content_length_is_not_declared() {
    // Servers do not accept "+3" as a length.
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
            end(&poll_and_drop(2, declares(length, abc()))),
            "Cancelled(body)",
            "{length:?}"
        );
        let ends = ScriptedBody::new().data("ab");
        assert_eq!(
            end(&poll_and_drop(1, declares(length, ends))),
            "Complete",
            "{length:?}"
        );
    }
}

#[test]
fn largest_length_is_valid() {
    let length = u64::MAX.to_string();
    assert_eq!(
        end(&poll_and_drop(2, declares(&length, abc()))),
        "Cancelled(body)"
    );
    let length = (u64::MAX - 1).to_string();
    assert_eq!(
        end(&poll_and_drop(2, declares(&length, abc()))),
        "Cancelled(body)"
    );
}
