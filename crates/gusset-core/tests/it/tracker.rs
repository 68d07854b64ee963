//! Every call has exactly one end, whatever happens to its future.

use gusset_core::{CallTracker, Clock, End, ObserveLayer, Stage};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Failed, Job, Log, Step, Worker, now, poll, throw, throws};

fn layer(log: &Log) -> ObserveLayer<Job, crate::support::Scribe> {
    ObserveLayer::new(log.scribe("a"))
}

#[test]
fn a_future_that_is_ready_has_ended_when_its_answer_is_handed_out() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending, Step::Done]));
    let mut future = service.call(1);
    assert_eq!(
        log.take(),
        ["a.start", "a.enter", "a.leave"],
        "the call itself is in scope"
    );
    assert!(poll(&mut future).is_pending());
    assert_eq!(log.take(), ["a.enter", "a.leave"]);
    assert_eq!(poll(&mut future), std::task::Poll::Ready(Ok("done")));
    let written = ["a.enter", "a.leave", "a.response", "a.end Complete success"];
    assert_eq!(log.take(), written);
    drop(future);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn an_error_is_a_failure_at_the_head_and_is_passed_on() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Fail]));
    assert_eq!(now(service.call(1)), Err(Failed));
    assert_eq!(
        log.ends(),
        [r#"Failed(Headers, Failure("_OTHER")) server_error"#]
    );
}

#[test]
fn a_future_dropped_before_its_first_poll_is_cancelled() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([]));
    drop(service.call(1));
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn a_future_dropped_while_it_is_pending_is_cancelled() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending]));
    let mut future = service.call(1);
    assert!(poll(&mut future).is_pending());
    assert_eq!(log.ends(), [""; 0]);
    drop(future);
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn a_panic_before_there_is_a_future_is_a_panic_of_the_call() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker {
        throws_in_call: true,
        script: vec![],
    });
    assert!(throws(|| drop(service.call(1))));
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn a_panic_of_the_future_passes_through_and_ends_the_call_when_the_future_is_dropped() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending, Step::Throw]));
    let mut future = service.call(1);
    assert!(poll(&mut future).is_pending());
    assert!(throws(|| poll(&mut future)));
    drop(future);
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn a_healthy_call_that_anothers_panic_drops_is_cancelled_and_has_not_panicked() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending]));
    assert!(throws(|| {
        let mut healthy = service.call(1);
        assert!(poll(&mut healthy).is_pending());
        throw();
    }));
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn a_call_that_panics_while_it_is_driven_by_an_unwinding_thread_has_panicked() {
    struct DriveOnDrop<F: FnMut()>(F);
    impl<F: FnMut()> Drop for DriveOnDrop<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    let log = Log::default();
    let mut failing = layer(&log).layer(Worker::new([Step::Throw]));
    let mut sound = layer(&log).layer(Worker::new([Step::Done]));
    assert!(throws(|| {
        let _guard = DriveOnDrop(|| {
            assert!(throws(|| now(failing.call(1))));
            assert_eq!(now(sound.call(1)), Ok("done"));
        });
        throw();
    }));
    assert_eq!(
        log.ends(),
        ["Panicked(Headers) server_error", "Complete success"]
    );
}

#[test]
fn the_first_end_counts() {
    let log = Log::default();
    let mut track = CallTracker::<Job, _>::start(&log.scribe("a"), &1, Clock::system());
    track.end(End::Cancelled(Stage::Headers));
    track.end(End::Complete(None));
    drop(track);
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn a_settled_call_that_is_dropped_is_complete_and_one_that_then_panics_has_panicked() {
    let log = Log::default();
    let mut track = CallTracker::<Job, _>::start(&log.scribe("a"), &1, Clock::system());
    track.on_response(&"done");
    track.mark_delivered();
    drop(track);
    assert_eq!(log.ends(), ["Complete success"]);

    let mut track = CallTracker::<Job, _>::start(&log.scribe("a"), &1, Clock::system());
    track.on_response(&"done");
    track.mark_delivered();
    assert!(throws(|| track.in_scope(|| throw())));
    drop(track);
    assert_eq!(log.ends(), ["Panicked(Body) server_error"]);
}

#[test]
fn idle_tracker_calls_no_observer() {
    let mut track = CallTracker::<Job, crate::support::Scribe>::default();
    assert!(!track.is_active());
    assert_eq!(track.in_scope(|| 7), 7);
    track.end(End::Complete(None));
}
