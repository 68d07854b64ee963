//! The times of headers, first byte and end, even of bodies that are not polled.

use std::time::Duration;

use gusset_core::{Clock, MockClock};
use gusset_http::HttpServerClassifier;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use http::{Method, Response};

use crate::support::{Tracked, frame, observe_as, ok, only, request, status};

const SECOND: Duration = Duration::from_secs(1);

fn timed(response: Response<ScriptedBody>) -> (Response<Tracked>, RecordingObserver, MockClock) {
    let (clock, mock) = Clock::manual();
    let (response, recorder) =
        observe_as::<HttpServerClassifier, _>(request(Method::GET), response, clock);
    (response, recorder, mock)
}

/// Returns the times of headers, first byte and end, in seconds.
fn times(recorder: &RecordingObserver) -> (Option<u64>, Option<u64>, u64) {
    let call = only(recorder);
    (
        call.headers.map(|t| t.as_secs()),
        call.first_byte.map(|t| t.as_secs()),
        call.elapsed.as_secs(),
    )
}

#[test]
fn complete_body_ends_with_its_last_frame() {
    let body = ScriptedBody::new()
        .data("")
        .data("ab")
        .data("c")
        .without_end_hint();
    let (mut response, recorder, mock) = timed(ok(body));
    for _ in 0..4 {
        mock.advance(SECOND);
        assert!(frame(response.body_mut()).is_ready());
    }
    mock.advance(SECOND);
    drop(response);
    assert_eq!(times(&recorder), (Some(0), Some(2), 4));
}

#[test]
fn single_frame_has_one_time_for_first_byte_and_end() {
    let (mut response, recorder, mock) = timed(ok(ScriptedBody::new().data("abc")));
    mock.advance(3 * SECOND);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(times(&recorder), (Some(0), Some(3), 3));
}

#[test]
fn trailers_and_errors_end_the_call_when_they_occur() {
    for body in [
        ScriptedBody::new().trailers("sum", "6"),
        ScriptedBody::new().error(),
    ] {
        let (mut response, recorder, mock) = timed(ok(body.without_end_hint()));
        mock.advance(2 * SECOND);
        assert!(frame(response.body_mut()).is_ready());
        mock.advance(SECOND);
        drop(response);
        assert_eq!(times(&recorder), (Some(0), None, 2));
    }
}

#[test]
fn body_dropped_after_its_last_poll_ends_at_the_drop() {
    let (mut response, recorder, mock) = timed(ok(ScriptedBody::new().data("abc").pend_forever()));
    mock.advance(SECOND);
    assert!(frame(response.body_mut()).is_ready());
    mock.advance(9 * SECOND);
    drop(response);
    assert_eq!(times(&recorder), (Some(0), Some(1), 10));
}

#[test]
fn body_dropped_unpolled_ends_at_the_drop() {
    let (response, recorder, mock) = timed(ok(ScriptedBody::new().pend_forever()));
    mock.advance(9 * SECOND);
    drop(response);
    assert_eq!(times(&recorder), (Some(0), None, 9));
}

#[test]
fn panicked_body_ends_at_the_drop() {
    let (mut response, recorder, mock) = timed(ok(ScriptedBody::new().panic()));
    mock.advance(SECOND);
    assert!(crate::support::panics(|| frame(response.body_mut())));
    mock.advance(SECOND);
    drop(response);
    assert_eq!(times(&recorder), (Some(0), None, 2));
}

#[test]
fn response_without_a_body_ends_at_its_headers() {
    let (response, recorder, mock) = timed(status(204, ScriptedBody::new().pend_forever()));
    mock.advance(SECOND);
    drop(response);
    assert_eq!(times(&recorder), (Some(0), None, 0));
}
