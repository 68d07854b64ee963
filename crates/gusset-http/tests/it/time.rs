//! Head, first byte and end at the time when they happened, also when nobody was polling.

use std::time::Duration;

use gusset_core::{Clock, MockClock};
use gusset_http::HttpServerClassifier;
use gusset_testkit::{RecordingObserver, ScriptedBody};
use http::{Method, Response};

use crate::support::{Tracked, frame, observe_as, ok, only, request, status};

const SECOND: Duration = Duration::from_secs(1);

fn timed(response: Response<ScriptedBody>) -> (Response<Tracked>, RecordingObserver, MockClock) {
    let (clock, hand) = Clock::manual();
    let (response, witness) =
        observe_as::<HttpServerClassifier, _>(request(Method::GET), response, clock);
    (response, witness, hand)
}

/// Head, first byte and end, in seconds.
fn times(witness: &RecordingObserver) -> (Option<u64>, Option<u64>, u64) {
    let fact = only(witness);
    (
        fact.head.map(|t| t.as_secs()),
        fact.first_byte.map(|t| t.as_secs()),
        fact.elapsed.as_secs(),
    )
}

#[test]
fn a_body_that_is_delivered_ends_with_its_last_frame() {
    let body = ScriptedBody::new()
        .data("")
        .data("ab")
        .data("c")
        .without_end_hint();
    let (mut response, witness, hand) = timed(ok(body));
    for _ in 0..4 {
        hand.advance(SECOND);
        assert!(frame(response.body_mut()).is_ready());
    }
    hand.advance(SECOND);
    drop(response);
    assert_eq!(times(&witness), (Some(0), Some(2), 4));
}

#[test]
fn a_body_whose_only_frame_is_its_last_has_one_time_for_both() {
    let (mut response, witness, hand) = timed(ok(ScriptedBody::new().data("abc")));
    hand.advance(3 * SECOND);
    assert!(frame(response.body_mut()).is_ready());
    assert_eq!(times(&witness), (Some(0), Some(3), 3));
}

#[test]
fn trailers_and_errors_are_ends_at_their_own_time() {
    for body in [
        ScriptedBody::new().trailers("sum", "6"),
        ScriptedBody::new().error(),
    ] {
        let (mut response, witness, hand) = timed(ok(body.without_end_hint()));
        hand.advance(2 * SECOND);
        assert!(frame(response.body_mut()).is_ready());
        hand.advance(SECOND);
        drop(response);
        assert_eq!(times(&witness), (Some(0), None, 2));
    }
}

#[test]
fn a_body_dropped_long_after_its_last_poll_ends_when_it_is_dropped() {
    let (mut response, witness, hand) = timed(ok(ScriptedBody::new().data("abc").pend_forever()));
    hand.advance(SECOND);
    assert!(frame(response.body_mut()).is_ready());
    hand.advance(9 * SECOND);
    drop(response);
    assert_eq!(times(&witness), (Some(0), Some(1), 10));
}

#[test]
fn a_body_dropped_long_after_its_head_ends_when_it_is_dropped() {
    let (response, witness, hand) = timed(ok(ScriptedBody::new().pend_forever()));
    hand.advance(9 * SECOND);
    drop(response);
    assert_eq!(times(&witness), (Some(0), None, 9));
}

#[test]
fn a_body_that_panicked_ends_when_it_is_dropped() {
    let (mut response, witness, hand) = timed(ok(ScriptedBody::new().panic()));
    hand.advance(SECOND);
    assert!(crate::support::panics(|| frame(response.body_mut())));
    hand.advance(SECOND);
    drop(response);
    assert_eq!(times(&witness), (Some(0), None, 2));
}

#[test]
fn an_answer_without_a_body_ends_at_its_head_however_long_it_is_kept() {
    let (response, witness, hand) = timed(status(204, ScriptedBody::new().pend_forever()));
    hand.advance(SECOND);
    drop(response);
    assert_eq!(times(&witness), (Some(0), None, 0));
}
