//! One clock for every observer of a call, read when the event happens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::{
    CallContext, CallObserver, CallTracker, Clock, End, ObserveLayer, Observer, Protocol,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Job, Step, Worker, poll};

/// Keeps head, first byte, bytes and elapsed, in seconds, of every call.
#[derive(Clone, Default)]
struct Times(Arc<Mutex<Vec<Seen>>>);

type Seen = (Option<u64>, Option<u64>, u64, u64);

impl<P: Protocol> Observer<P> for Times {
    type Call = Self;

    fn start(&self, _: P::Request<'_>, cx: &mut CallContext) -> Self {
        assert_eq!(cx.elapsed(), Duration::ZERO);
        assert_eq!(
            (
                cx.time_to_headers(),
                cx.time_to_first_byte(),
                cx.bytes(),
                cx.outcome()
            ),
            (None, None, 0, None)
        );
        self.clone()
    }
}

impl<P: Protocol> CallObserver<P> for Times {
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        let seconds = |time: Duration| time.as_secs();
        let (head, first) = (
            cx.time_to_headers().map(seconds),
            cx.time_to_first_byte().map(seconds),
        );
        self.0
            .lock()
            .unwrap()
            .push((head, first, cx.bytes(), seconds(cx.elapsed())));
    }
}

impl Times {
    fn only(&self) -> Seen {
        let seen = self.0.lock().unwrap();
        assert_eq!(seen.len(), 1, "one call, one end");
        seen[0]
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn unary_call_reads_the_clock_once_for_headers_and_end() {
    let (times, (clock, hand)) = (Times::default(), Clock::manual());
    let layer = ObserveLayer::<Job, _>::new(times.clone()).with_clock(clock);
    let mut service = layer.layer(Worker::new([Step::Pending, Step::Done]));
    let mut future = service.call(1);
    hand.advance(SECOND);
    assert!(poll(&mut future).is_pending());
    hand.advance(2 * SECOND);
    assert!(poll(&mut future).is_ready());
    hand.advance(4 * SECOND);
    drop(future);
    assert_eq!(times.only(), (Some(3), None, 0, 3));
}

#[test]
fn idle_future_ends_when_it_is_dropped() {
    let (times, (clock, hand)) = (Times::default(), Clock::manual());
    let layer = ObserveLayer::<Job, _>::new(times.clone()).with_clock(clock);
    let mut service = layer.layer(Worker::new([Step::Pending]));
    let mut future = service.call(1);
    assert!(poll(&mut future).is_pending());
    hand.advance(9 * SECOND);
    drop(future);
    assert_eq!(times.only(), (None, None, 0, 9));
}

#[test]
fn empty_chunk_is_not_the_first_byte() {
    let (times, (clock, hand)) = (Times::default(), Clock::manual());
    let mut track = CallTracker::<Job, _>::start(&times, &1, clock);
    hand.advance(SECOND);
    track.on_response(&"done");
    hand.advance(SECOND);
    track.in_scope(|| ());
    track.on_data(0);
    hand.advance(SECOND);
    track.in_scope(|| ());
    track.on_data(5);
    hand.advance(SECOND);
    track.in_scope(|| ());
    track.on_data(6);
    hand.advance(SECOND);
    track.in_scope(|| ());
    track.end(End::Complete(None));
    assert_eq!(times.only(), (Some(1), Some(3), 11, 5));
}

#[test]
fn delivered_body_ends_when_it_is_dropped() {
    let (times, (clock, hand)) = (Times::default(), Clock::manual());
    let mut track = CallTracker::<Job, _>::start(&times, &1, clock);
    track.on_response(&"done");
    hand.advance(SECOND);
    track.in_scope(|| ());
    track.on_data(5);
    track.mark_delivered();
    hand.advance(7 * SECOND);
    drop(track);
    assert_eq!(times.only(), (Some(0), Some(1), 5, 8));
}

#[test]
fn start_time_comes_from_the_configured_clock() {
    struct Start(std::time::Instant);
    impl<P: Protocol> Observer<P> for Start {
        type Call = ();
        fn start(&self, _: P::Request<'_>, cx: &mut CallContext) {
            assert_eq!(cx.started(), self.0);
        }
    }
    let (clock, hand) = Clock::manual();
    hand.advance(SECOND);
    let observer = Start(clock.now());
    drop(CallTracker::<Job, _>::start(&observer, &1, clock));
}
