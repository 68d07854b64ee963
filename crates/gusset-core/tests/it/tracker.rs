//! Every call has exactly one end, whatever happens to its future.

use gusset_core::{CallTracker, Clock, End, ObserveLayer, Stage};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Failed, Job, Log, Step, Worker, now, poll, throw, throws};

fn layer(log: &Log) -> ObserveLayer<Job, crate::support::Scribe> {
    ObserveLayer::new(log.scribe("a"))
}

#[test]
fn call_has_ended_when_its_response_is_returned() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending, Step::Done]));
    let mut future = service.call(1);
    assert_eq!(
        log.take(),
        ["a.start", "a.enter", "a.exit"],
        "the call itself is in scope"
    );
    assert!(poll(&mut future).is_pending());
    assert_eq!(log.take(), ["a.enter", "a.exit"]);
    assert_eq!(poll(&mut future), std::task::Poll::Ready(Ok("done")));
    let written = ["a.enter", "a.exit", "a.response", "a.end Complete success"];
    assert_eq!(log.take(), written);
    drop(future);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn error_is_a_failure_at_the_headers_and_is_returned() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Fail]));
    assert_eq!(now(service.call(1)), Err(Failed));
    assert_eq!(
        log.ends(),
        [r#"Failed(Headers, Failure("_OTHER")) server_error"#]
    );
}

#[test]
fn future_dropped_before_its_first_poll_is_cancelled() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([]));
    drop(service.call(1));
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn pending_future_that_is_dropped_is_cancelled() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending]));
    let mut future = service.call(1);
    assert!(poll(&mut future).is_pending());
    assert_eq!(log.ends(), [""; 0]);
    drop(future);
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn panic_in_call_is_a_panic_of_the_call() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker {
        throws_in_call: true,
        script: vec![],
    });
    assert!(throws(|| drop(service.call(1))));
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn panic_of_the_future_ends_the_call_when_it_is_dropped() {
    let log = Log::default();
    let mut service = layer(&log).layer(Worker::new([Step::Pending, Step::Throw]));
    let mut future = service.call(1);
    assert!(poll(&mut future).is_pending());
    assert!(throws(|| poll(&mut future)));
    drop(future);
    assert_eq!(log.ends(), ["Panicked(Headers) server_error"]);
}

#[test]
fn call_dropped_by_another_panic_is_cancelled() {
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
fn panic_on_an_unwinding_thread_is_a_panic_of_the_call() {
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
fn first_end_is_recorded() {
    let log = Log::default();
    let mut track = CallTracker::<Job, _>::start(&log.scribe("a"), &1, Clock::system());
    track.end(End::Cancelled(Stage::Headers));
    track.end(End::Complete(None));
    drop(track);
    assert_eq!(log.ends(), ["Cancelled(Headers) cancelled"]);
}

#[test]
fn delivered_call_is_complete_unless_it_panics() {
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
