//! Transitions are told once, in their order, and to whoever may move the breaker again.

use std::task::{Context, Poll};
use std::time::Duration;

use gusset_breaker::{Reason, State};

use crate::support::{breaker, fail, in_a_row, secs};

#[test]
fn a_cycle_is_told_with_its_reasons() {
    let (breaker, hand) = breaker(in_a_row(2));
    let transitions = breaker.transitions();
    fail(&breaker, 2);
    hand.advance(secs(1));
    fail(&breaker, 1);
    hand.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    hand.advance(secs(1));
    breaker.tick();
    drop(probe);
    hand.advance(secs(1));
    breaker
        .try_acquire()
        .unwrap()
        .vote(gusset_breaker::Vote::Success);
    breaker.disable();
    breaker.reset();

    let told: Vec<_> = std::iter::from_fn(|| transitions.try_next())
        .map(|it| (it.generation, it.from, it.to, it.reason, it.opened))
        .collect();
    use {Reason as R, State as S};
    assert_eq!(
        told,
        [
            (1, S::Closed, S::Open, R::ConsecutiveFailures, 1),
            (2, S::Open, S::HalfOpen, R::OpenTimeOver, 1),
            (3, S::HalfOpen, S::Open, R::ProbesFailed, 2),
            (4, S::Open, S::HalfOpen, R::OpenTimeOver, 2),
            (5, S::HalfOpen, S::Open, R::HalfOpenTimeOver, 3),
            (6, S::Open, S::HalfOpen, R::OpenTimeOver, 3),
            (7, S::HalfOpen, S::Closed, R::ProbesSucceeded, 0),
            (8, S::Closed, S::Disabled, R::Manual, 0),
            (9, S::Disabled, S::Closed, R::Reset, 0),
        ]
    );
}

#[test]
fn a_reader_that_does_not_read_loses_the_oldest_and_knows_it() {
    let (breaker, _) = breaker(in_a_row(1));
    let transitions = breaker.transitions();
    for _ in 0..70 {
        breaker.reset();
    }
    assert_eq!(transitions.lost(), 6);
    assert_eq!(transitions.try_next().map(|it| it.generation), Some(7));
}

#[test]
fn a_reader_is_woken() {
    let (breaker, _) = breaker(in_a_row(1));
    let transitions = breaker.transitions();
    let flag = std::sync::Arc::new(Flag::default());
    let waker = flag.clone().into();
    let mut cx = Context::from_waker(&waker);
    assert!(transitions.poll_next(&mut cx).is_pending());
    breaker.force_open();
    assert!(flag.0.load(std::sync::atomic::Ordering::Relaxed));
    assert!(
        matches!(transitions.poll_next(&mut cx), Poll::Ready(it) if it.to == State::ForcedOpen)
    );

    assert_eq!(transitions.wait(Duration::ZERO), None);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| transitions.wait(secs(60)));
        breaker.close();
        assert_eq!(reader.join().unwrap().map(|it| it.to), Some(State::Closed));
    });
}

#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl std::task::Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A subscriber that moves the breaker while it is told of a move.
struct Meddler(gusset_breaker::Breaker);

impl tracing::Subscriber for Meddler {
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
fn who_is_told_may_move_the_breaker_and_all_is_told_in_order() {
    let (breaker, _) = breaker(in_a_row(1));
    let transitions = breaker.transitions();
    tracing::subscriber::with_default(Meddler(breaker.clone()), || fail(&breaker, 1));
    assert_eq!(breaker.state(), State::Closed);
    let told: Vec<_> = std::iter::from_fn(|| transitions.try_next())
        .map(|it| it.to)
        .collect();
    assert_eq!(told, [State::Open, State::Closed]);
}

#[test]
fn threads_that_move_it_are_told_of_in_order() {
    let (breaker, _) = breaker(in_a_row(1));
    let transitions = breaker.transitions();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..15).for_each(|_| breaker.reset()));
        }
    });
    let told: Vec<_> = std::iter::from_fn(|| transitions.try_next())
        .map(|it| it.generation)
        .collect();
    assert_eq!(told, (1..=60).collect::<Vec<_>>());
}
