//! Races of threads: no extra probe, no lost permit, no lost result.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_breaker::{CallResult, CircuitBreaker, Config, State};

use crate::support::{breaker, consecutive, fail, secs};

const THREADS: usize = 8;

/// Runs a function on all threads at the same time.
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
fn racing_threads_share_half_open_permits() {
    for round in 0..200u64 {
        let probes = 1 + (round % 5) as u32;
        let (breaker, mock_clock) = breaker(consecutive(1).half_open_calls(probes));
        fail(&breaker, 1);
        mock_clock.advance(secs(1));
        let permits = std::sync::Mutex::new(Vec::new());
        race(|_| {
            // Two clones per thread.
            for breaker in [breaker.clone(), breaker.clone()] {
                permits.lock().unwrap().extend(breaker.try_acquire());
            }
        });
        let permits = permits.into_inner().unwrap();
        assert_eq!(permits.len(), probes as usize);
        assert_eq!(breaker.half_open_permits(), Some(0));
        drop(permits);
        assert_eq!(breaker.half_open_permits(), Some(probes));
    }
}

#[test]
fn cancelled_permits_are_not_lost() {
    let (breaker, mock_clock) = breaker(consecutive(1).half_open_calls(3).no_half_open_timeout());
    fail(&breaker, 1);
    mock_clock.advance(secs(1));
    let (held, max_held) = (AtomicUsize::new(0), AtomicUsize::new(0));
    race(|_| {
        for _ in 0..5_000 {
            if let Ok(permit) = breaker.try_acquire() {
                max_held.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                held.fetch_sub(1, Ordering::SeqCst);
                drop(permit);
            }
        }
    });
    assert!(max_held.into_inner() <= 3);
    assert_eq!(
        (breaker.state(), breaker.half_open_permits()),
        (State::HalfOpen, Some(3))
    );
    for _ in 0..3 {
        breaker.try_acquire().unwrap().record(CallResult::Success);
    }
    assert_eq!(breaker.state(), State::Closed);
}

fn assert_all_counted(breaker: &CircuitBreaker) {
    const CALLS_PER_THREAD: u64 = 5_000;
    race(|thread| {
        for call in 0..CALLS_PER_THREAD {
            let result = if (call + thread as u64) % 4 == 0 {
                CallResult::Failure
            } else {
                CallResult::Success
            };
            breaker.try_acquire().unwrap().record(result);
        }
    });
    let counts = breaker.counts();
    assert_eq!(counts.calls, CALLS_PER_THREAD * THREADS as u64);
    assert_eq!(counts.failures, CALLS_PER_THREAD * THREADS as u64 / 4);
}

#[test]
fn time_window_loses_no_result() {
    assert_all_counted(&breaker(Config::new().failure_rate_threshold(0.9)).0);
    let single = CircuitBreaker::builder("stock")
        .config(Config::new().failure_rate_threshold(0.9))
        .shards(1);
    assert_all_counted(
        &single
            .clock(gusset_core::Clock::manual().0)
            .build()
            .unwrap(),
    );
}

#[test]
fn count_window_loses_no_result() {
    assert_all_counted(
        &breaker(
            Config::new()
                .count_window(40_000)
                .failure_rate_threshold(0.9),
        )
        .0,
    );
}

#[test]
fn concurrent_failures_open_once() {
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
                .record(CallResult::Failure);
        });
        assert_eq!(
            breaker.state(),
            State::Open,
            "the last failure sees all others"
        );
        assert!(transitions.try_recv().is_some());
        assert_eq!(transitions.try_recv(), None);
    }
}

#[test]
fn breaker_recovers_after_random_operations() {
    let (breaker, mock_clock) = breaker(consecutive(3).half_open_calls(2).max_half_open(secs(2)));
    race(|thread| {
        for step in 0..2_000usize {
            match (step * 7 + thread * 13) % 31 {
                0 => breaker.trip(),
                1 => breaker.reset(),
                2 => breaker.force_open(),
                3 => breaker.close(),
                4 => mock_clock.advance(secs(1)),
                5 => drop(breaker.try_acquire()),
                turn => {
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.record(if turn % 3 == 0 {
                            CallResult::Success
                        } else {
                            CallResult::Failure
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
        mock_clock.advance(secs(3));
        while let Ok(permit) = breaker.try_acquire() {
            permit.record(CallResult::Success);
            if breaker.state() == State::Closed {
                return;
            }
        }
    }
    panic!("the breaker is still {}", breaker.state());
}
