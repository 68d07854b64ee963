//! Transitions are published once, in order.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use gusset_breaker::{Reason, State};
use gusset_testkit::EventRecorder;

use crate::support::{breaker, consecutive, fail, secs};

#[test]
fn cycle_is_published_with_reasons() {
    let (breaker, mock_clock) = breaker(consecutive(2));
    let transitions = breaker.transitions();
    fail(&breaker, 2);
    mock_clock.advance(secs(1));
    fail(&breaker, 1);
    mock_clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    mock_clock.advance(secs(1));
    breaker.tick();
    drop(probe);
    mock_clock.advance(secs(1));
    breaker
        .try_acquire()
        .unwrap()
        .record(gusset_breaker::CallResult::Success);
    breaker.disable();
    breaker.reset();

    let published: Vec<_> = std::iter::from_fn(|| transitions.try_recv())
        .map(|it| (it.generation, it.from, it.to, it.reason, it.times_opened))
        .collect();
    use {Reason as R, State as S};
    assert_eq!(
        published,
        [
            (1, S::Closed, S::Open, R::ConsecutiveFailures, 1),
            (2, S::Open, S::HalfOpen, R::OpenDurationElapsed, 1),
            (3, S::HalfOpen, S::Open, R::ProbesFailed, 2),
            (4, S::Open, S::HalfOpen, R::OpenDurationElapsed, 2),
            (5, S::HalfOpen, S::Open, R::HalfOpenTimeout, 3),
            (6, S::Open, S::HalfOpen, R::OpenDurationElapsed, 3),
            (7, S::HalfOpen, S::Closed, R::ProbesSucceeded, 0),
            (8, S::Closed, S::Disabled, R::Manual, 0),
            (9, S::Disabled, S::Closed, R::Reset, 0),
        ]
    );
}

#[test]
fn slow_subscriber_loses_oldest_transitions() {
    let (breaker, _) = breaker(consecutive(1));
    let transitions = breaker.transitions();
    for _ in 0..70 {
        breaker.reset();
    }
    assert_eq!(transitions.dropped(), 6);
    assert_eq!(transitions.try_recv().map(|it| it.generation), Some(7));
}

#[test]
fn subscriber_is_woken() {
    let (breaker, _) = breaker(consecutive(1));
    let mut transitions = breaker.transitions();
    let flag = std::sync::Arc::new(Flag::default());
    let waker = flag.clone().into();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut transitions).poll_next(&mut cx).is_pending());
    breaker.force_open();
    assert!(flag.0.load(std::sync::atomic::Ordering::Relaxed));
    assert!(
        matches!(Pin::new(&mut transitions).poll_next(&mut cx), Poll::Ready(Some(it)) if it.to == State::ForcedOpen)
    );

    assert_eq!(transitions.recv_timeout(Duration::ZERO), None);
    std::thread::scope(|scope| {
        let subscriber = scope.spawn(|| transitions.recv_timeout(secs(60)));
        breaker.close();
        assert_eq!(
            subscriber.join().unwrap().map(|it| it.to),
            Some(State::Closed)
        );
    });
}

#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl std::task::Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A subscriber of `tracing` that closes the breaker when it opens.
struct ClosingSubscriber(gusset_breaker::CircuitBreaker);

impl tracing::Subscriber for ClosingSubscriber {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        if self.0.state() == State::Open {
            self.0.close();
        }
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn subscriber_may_change_state() {
    let (breaker, _) = breaker(consecutive(1));
    let transitions = breaker.transitions();
    gusset_testkit::with_subscriber(ClosingSubscriber(breaker.clone()), || fail(&breaker, 1));
    assert_eq!(breaker.state(), State::Closed);
    let published: Vec<_> = std::iter::from_fn(|| transitions.try_recv())
        .map(|it| it.to)
        .collect();
    assert_eq!(published, [State::Open, State::Closed]);
}

#[test]
fn concurrent_transitions_are_in_order() {
    let (breaker, _) = breaker(consecutive(1));
    let transitions = breaker.transitions();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..15).for_each(|_| breaker.reset()));
        }
    });
    let published: Vec<_> = std::iter::from_fn(|| transitions.try_recv())
        .map(|it| it.generation)
        .collect();
    assert_eq!(published, (1..=60).collect::<Vec<_>>());
}

#[test]
fn fields_of_log_events_are_namespaced() {
    let log = EventRecorder::new(tracing::Level::DEBUG);
    log.record(|| {
        let (breaker, clock) = breaker(consecutive(1));
        fail(&breaker, 1);
        clock.advance(secs(1));
        breaker.dry_run();
        fail(&breaker, 1);
    });
    let events = log.events();
    let fields: std::collections::BTreeSet<_> = events
        .iter()
        .flat_map(|it| it.fields.iter().map(|(name, _)| *name))
        .collect();
    let expected = [
        "gusset.breaker.calls",
        "gusset.breaker.failures",
        "gusset.breaker.from",
        "gusset.breaker.name",
        "gusset.breaker.open_duration",
        "gusset.breaker.reason",
        "gusset.breaker.slow_calls",
        "gusset.breaker.state",
        "gusset.breaker.times_opened",
        "gusset.breaker.to",
        "message",
    ];
    assert!(fields.iter().eq(&expected), "{fields:?}");
    assert!(
        events.iter().all(|it| it.target == "gusset::breaker"),
        "{events:?}"
    );
    assert_eq!(events[0].field("gusset.breaker.open_duration"), Some("1.0"));
}
