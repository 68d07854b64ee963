//! Threads that race: no probe too many, no permit lost, no vote lost.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_breaker::{Breaker, Config, State, Vote};

use crate::support::{breaker, fail, in_a_row, secs};

const THREADS: usize = 8;

/// Lets all threads do it at once.
fn race(act: impl Fn(usize) + Sync) {
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (start, act) = (&start, &act);
            scope.spawn(move || {
                start.wait();
                act(thread);
            });
        }
    });
}

#[test]
fn threads_that_race_from_open_to_half_open_get_the_probes_and_no_more() {
    for round in 0..200u64 {
        let probes = 1 + (round % 5) as u32;
        let (breaker, hand) = breaker(in_a_row(1).half_open_calls(probes));
        fail(&breaker, 1);
        hand.advance(secs(1));
        let permits = std::sync::Mutex::new(Vec::new());
        race(|_| {
            // Two clones a thread.
            for breaker in [breaker.clone(), breaker.clone()] {
                permits.lock().unwrap().extend(breaker.try_acquire());
            }
        });
        let permits = permits.into_inner().unwrap();
        assert_eq!(permits.len(), probes as usize);
        assert_eq!(breaker.probes_left(), Some(0));
        drop(permits);
        assert_eq!(breaker.probes_left(), Some(probes));
    }
}

#[test]
fn permits_that_are_cancelled_while_others_ask_are_not_lost() {
    let (breaker, hand) = breaker(in_a_row(1).half_open_calls(3).half_open_unlimited());
    fail(&breaker, 1);
    hand.advance(secs(1));
    let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    race(|_| {
        for _ in 0..5_000 {
            if let Ok(permit) = breaker.try_acquire() {
                most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                held.fetch_sub(1, Ordering::SeqCst);
                drop(permit);
            }
        }
    });
    assert!(most.into_inner() <= 3);
    assert_eq!(
        (breaker.state(), breaker.probes_left()),
        (State::HalfOpen, Some(3))
    );
    for _ in 0..3 {
        breaker.try_acquire().unwrap().vote(Vote::Success);
    }
    assert_eq!(breaker.state(), State::Closed);
}

fn counts_all(breaker: &Breaker) {
    const EACH: u64 = 5_000;
    race(|thread| {
        for call in 0..EACH {
            let vote = if (call + thread as u64) % 4 == 0 {
                Vote::Failure
            } else {
                Vote::Success
            };
            breaker.try_acquire().unwrap().vote(vote);
        }
    });
    let counts = breaker.counts();
    assert_eq!(counts.calls, EACH * THREADS as u64);
    assert_eq!(counts.failures, EACH * THREADS as u64 / 4);
}

#[test]
fn a_window_by_time_loses_no_vote() {
    counts_all(&breaker(Config::new().failure_rate(0.9)).0);
    let single = Breaker::builder("stock")
        .config(Config::new().failure_rate(0.9))
        .lanes(1);
    counts_all(
        &single
            .clock(gusset_core::Clock::manual().0)
            .build()
            .unwrap(),
    );
}

#[test]
fn a_window_by_count_loses_no_vote() {
    counts_all(&breaker(Config::new().count_window(40_000).failure_rate(0.9)).0);
}

#[test]
fn threads_that_fail_at_once_open_it_once() {
    for _ in 0..100 {
        let (breaker, _) = breaker(Config::new().minimum_calls(THREADS as u32).open_jitter(0.0));
        let transitions = breaker.transitions();
        let permits: Vec<_> = (0..THREADS)
            .map(|_| std::sync::Mutex::new(breaker.try_acquire().ok()))
            .collect();
        race(|thread| {
            permits[thread]
                .lock()
                .unwrap()
                .take()
                .unwrap()
                .vote(Vote::Failure);
        });
        assert_eq!(
            breaker.state(),
            State::Open,
            "the last to fail sees all failures"
        );
        assert!(transitions.try_next().is_some());
        assert_eq!(transitions.try_next(), None);
    }
}

#[test]
fn whatever_threads_do_it_recovers() {
    let (breaker, hand) = breaker(in_a_row(3).half_open_calls(2).half_open_max(secs(2)));
    race(|thread| {
        for step in 0..2_000usize {
            match (step * 7 + thread * 13) % 31 {
                0 => breaker.trip(),
                1 => breaker.reset(),
                2 => breaker.force_open(),
                3 => breaker.close(),
                4 => hand.advance(secs(1)),
                5 => drop(breaker.try_acquire()),
                turn => {
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.vote(if turn % 3 == 0 {
                            Vote::Success
                        } else {
                            Vote::Failure
                        });
                    }
                }
            }
        }
    });
    assert_eq!(breaker.in_flight(), 0);
    if breaker.state() == State::ForcedOpen {
        breaker.trip();
    }
    for _ in 0..4 {
        hand.advance(secs(3));
        while let Ok(permit) = breaker.try_acquire() {
            permit.vote(Vote::Success);
            if breaker.state() == State::Closed {
                return;
            }
        }
    }
    panic!("it is still {}", breaker.state());
}
