//! Manual control and inspection.

use gusset_breaker::{CallResult, CircuitBreaker, Config, Reason, State};

use crate::support::{breaker, consecutive, fail, secs};

#[test]
fn each_state_admits_or_rejects() {
    let (breaker, _) = breaker(consecutive(1));
    for (act, state, admits) in [
        (
            CircuitBreaker::trip as fn(&CircuitBreaker),
            State::Open,
            false,
        ),
        (CircuitBreaker::close, State::Closed, true),
        (CircuitBreaker::force_open, State::ForcedOpen, false),
        (CircuitBreaker::disable, State::Disabled, true),
        (CircuitBreaker::dry_run, State::DryRun, true),
        (CircuitBreaker::reset, State::Closed, true),
    ] {
        act(&breaker);
        assert_eq!(
            (breaker.state(), breaker.is_call_permitted()),
            (state, admits)
        );
        assert_eq!(breaker.try_acquire().is_ok(), admits, "{state}");
    }
}

#[test]
fn forced_open_has_no_timeout() {
    let (breaker, mock_clock) = breaker(consecutive(1).auto_half_open());
    breaker.force_open();
    mock_clock.advance(secs(1_000_000));
    breaker.tick();
    assert_eq!(breaker.state(), State::ForcedOpen);
}

#[test]
fn inspection_does_not_change_state() {
    let (breaker, mock_clock) = breaker(consecutive(1).max_half_open(secs(1)));
    fail(&breaker, 1);
    assert_eq!(breaker.remaining_open(), Some(secs(1)));
    mock_clock.advance(secs(5));
    assert!(breaker.is_call_permitted());
    assert_eq!(
        (breaker.state(), breaker.remaining_open()),
        (State::Open, Some(secs(0)))
    );
    let probe = breaker.try_acquire().unwrap();
    assert!(!breaker.is_call_permitted());
    assert_eq!(breaker.half_open_permits(), Some(0));
    // The half-open cycle has expired. The next open duration starts at its deadline.
    mock_clock.advance(secs(1));
    assert!(!breaker.is_call_permitted());
    mock_clock.advance(secs(1));
    assert!(breaker.is_call_permitted());
    assert_eq!(breaker.state(), State::HalfOpen);
    drop(probe);
}

#[test]
fn dry_run_counts_one_suppressed_trip() {
    let breaker = CircuitBreaker::builder("stock")
        .config(consecutive(2))
        .dry_run()
        .build()
        .unwrap();
    fail(&breaker, 20);
    assert_eq!(
        (breaker.state(), breaker.suppressed_trips()),
        (State::DryRun, 1)
    );
    breaker.close();
    breaker.dry_run();
    fail(&breaker, 20);
    assert_eq!(breaker.suppressed_trips(), 2);
}

#[test]
fn trip_while_open_restarts_without_backoff() {
    let (breaker, mock_clock) = breaker(consecutive(1).open_backoff(2.0, secs(60)));
    fail(&breaker, 1);
    mock_clock.advance(secs(1) / 2);
    breaker.trip();
    assert_eq!(breaker.remaining_open(), Some(secs(1)));
    mock_clock.advance(secs(1));
    fail(&breaker, 1);
    assert_eq!(breaker.remaining_open(), Some(secs(2)));
}

#[test]
fn jitter_lengthens_each_open_duration() {
    let config = consecutive(1).open_jitter(0.5);
    let breaker = CircuitBreaker::builder("stock")
        .config(config)
        .seed(7)
        .build()
        .unwrap();
    let transitions = breaker.transitions();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        breaker.reset();
        fail(&breaker, 1);
    }
    while let Some(transition) = transitions.try_recv() {
        if let Some(duration) = transition.open_duration {
            assert!((secs(1)..=secs(3) / 2).contains(&duration), "{duration:?}");
            seen.insert(duration);
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn invalid_reconfiguration_changes_nothing() {
    let (breaker, _) = breaker(consecutive(3));
    fail(&breaker, 2);
    let before = breaker.config();
    let error = breaker
        .reconfigure(before.clone().half_open_calls(0))
        .unwrap_err();
    assert_eq!(error.setting(), "half_open_calls");
    assert_eq!(
        (breaker.config(), breaker.consecutive_failures()),
        (before, 2)
    );
}

#[test]
fn four_window_shapes_are_allowed() {
    let (breaker, _) = breaker(Config::new());
    for size in [10, 20, 30] {
        breaker
            .reconfigure(Config::new().count_window(size))
            .unwrap();
    }
    let error = breaker
        .reconfigure(Config::new().count_window(40))
        .unwrap_err();
    assert_eq!(error.setting(), "window");
    for config in [Config::new(), Config::new().count_window(20), Config::new()] {
        breaker.reconfigure(config).unwrap();
        assert_eq!(breaker.counts().calls, 0);
        breaker.try_acquire().unwrap().record(CallResult::Success);
        assert_eq!(breaker.counts().calls, 1);
    }
}

#[test]
fn new_window_shape_makes_results_stale() {
    let (breaker, _) = breaker(Config::new());
    let transitions = breaker.transitions();
    let old = breaker.try_acquire().unwrap();
    breaker.reconfigure(Config::new().count_window(50)).unwrap();
    old.record(CallResult::Failure);
    assert_eq!((breaker.counts().calls, breaker.stale_results()), (0, 1));
    assert_eq!(
        transitions.try_recv().map(|it| it.reason),
        Some(Reason::Reconfigured)
    );
}

#[test]
fn disabled_breaker_counts_nothing() {
    let breaker = CircuitBreaker::builder("stock")
        .config(consecutive(1))
        .disabled()
        .build()
        .unwrap();
    fail(&breaker, 10);
    assert_eq!(
        (breaker.state(), breaker.stale_results()),
        (State::Disabled, 0)
    );
}

#[test]
fn calls_in_flight_are_counted() {
    let (breaker, _) = breaker(consecutive(1));
    let permits: Vec<_> = (0..5).map(|_| breaker.try_acquire().unwrap()).collect();
    assert_eq!(breaker.in_flight(), 5);
    drop(permits);
    assert_eq!(breaker.in_flight(), 0);
}
