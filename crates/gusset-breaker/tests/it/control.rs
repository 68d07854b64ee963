//! What a hand may do, and what it may look at.

use gusset_breaker::{Breaker, Config, Reason, State, Vote};

use crate::support::{breaker, fail, in_a_row, secs};

#[test]
fn each_state_admits_what_it_should() {
    let (breaker, _) = breaker(in_a_row(1));
    for (act, state, admits) in [
        (Breaker::trip as fn(&Breaker), State::Open, false),
        (Breaker::close, State::Closed, true),
        (Breaker::force_open, State::ForcedOpen, false),
        (Breaker::disable, State::Disabled, true),
        (Breaker::observe, State::Observing, true),
        (Breaker::reset, State::Closed, true),
    ] {
        act(&breaker);
        assert_eq!((breaker.state(), breaker.would_admit()), (state, admits));
        assert_eq!(breaker.try_acquire().is_ok(), admits, "{state}");
    }
}

#[test]
fn forced_open_outlasts_time_and_ticks() {
    let (breaker, hand) = breaker(in_a_row(1).auto_half_open());
    breaker.force_open();
    hand.advance(secs(1_000_000));
    breaker.tick();
    assert_eq!(breaker.state(), State::ForcedOpen);
}

#[test]
fn reading_never_moves_it_and_says_what_a_call_would_meet() {
    let (breaker, hand) = breaker(in_a_row(1).half_open_max(secs(1)));
    fail(&breaker, 1);
    assert_eq!(breaker.time_left(), Some(secs(1)));
    hand.advance(secs(5));
    assert!(breaker.would_admit());
    assert_eq!(
        (breaker.state(), breaker.time_left()),
        (State::Open, Some(secs(0)))
    );
    let probe = breaker.try_acquire().unwrap();
    assert!(!breaker.would_admit());
    assert_eq!(breaker.probes_left(), Some(0));
    // The half-open time is over, and with it, as of its end, the open time that follows.
    hand.advance(secs(1));
    assert!(!breaker.would_admit());
    hand.advance(secs(1));
    assert!(breaker.would_admit());
    assert_eq!(breaker.state(), State::HalfOpen);
    drop(probe);
}

#[test]
fn observing_tells_once_that_it_would_have_opened() {
    let breaker = Breaker::builder("stock")
        .config(in_a_row(2))
        .observe_only()
        .build()
        .unwrap();
    fail(&breaker, 20);
    assert_eq!((breaker.state(), breaker.spared()), (State::Observing, 1));
    breaker.close();
    breaker.observe();
    fail(&breaker, 20);
    assert_eq!(breaker.spared(), 2);
}

#[test]
fn a_trip_while_open_starts_its_time_anew_without_backing_off() {
    let (breaker, hand) = breaker(in_a_row(1).open_backoff(2.0, secs(60)));
    fail(&breaker, 1);
    hand.advance(secs(1) / 2);
    breaker.trip();
    assert_eq!(breaker.time_left(), Some(secs(1)));
    hand.advance(secs(1));
    fail(&breaker, 1);
    assert_eq!(breaker.time_left(), Some(secs(2)));
}

#[test]
fn jitter_lengthens_within_its_share_and_differs_between_openings() {
    let config = in_a_row(1).open_jitter(0.5);
    let breaker = Breaker::builder("stock")
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
    while let Some(transition) = transitions.try_next() {
        if let Some(open_for) = transition.open_for {
            assert!((secs(1)..=secs(3) / 2).contains(&open_for), "{open_for:?}");
            seen.insert(open_for);
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn a_reconfiguration_that_cannot_be_used_changes_nothing() {
    let (breaker, _) = breaker(in_a_row(3));
    fail(&breaker, 2);
    let before = breaker.config();
    let error = breaker
        .reconfigure(before.clone().half_open_calls(0))
        .unwrap_err();
    assert_eq!(error.field(), "half_open_calls");
    assert_eq!((breaker.config(), breaker.failures_in_a_row()), (before, 2));
}

#[test]
fn a_breaker_has_four_shapes_in_its_life_and_may_go_back_to_each() {
    let (breaker, _) = breaker(Config::new());
    for size in [10, 20, 30] {
        breaker
            .reconfigure(Config::new().count_window(size))
            .unwrap();
    }
    let error = breaker
        .reconfigure(Config::new().count_window(40))
        .unwrap_err();
    assert_eq!(error.field(), "window");
    for config in [Config::new(), Config::new().count_window(20), Config::new()] {
        breaker.reconfigure(config).unwrap();
        assert_eq!(breaker.counts().calls, 0);
        breaker.try_acquire().unwrap().vote(Vote::Success);
        assert_eq!(breaker.counts().calls, 1);
    }
}

#[test]
fn a_window_that_is_reshaped_is_told_and_drops_what_was_under_way() {
    let (breaker, _) = breaker(Config::new());
    let transitions = breaker.transitions();
    let old = breaker.try_acquire().unwrap();
    breaker.reconfigure(Config::new().count_window(50)).unwrap();
    old.vote(Vote::Failure);
    assert_eq!((breaker.counts().calls, breaker.late_results()), (0, 1));
    assert_eq!(
        transitions.try_next().map(|it| it.reason),
        Some(Reason::Reconfigured)
    );
}

#[test]
fn a_permit_of_a_disabled_breaker_votes_for_nothing() {
    let breaker = Breaker::builder("stock")
        .config(in_a_row(1))
        .disabled()
        .build()
        .unwrap();
    fail(&breaker, 10);
    assert_eq!(
        (breaker.state(), breaker.late_results()),
        (State::Disabled, 0)
    );
}

#[test]
fn what_is_in_flight_is_known() {
    let (breaker, _) = breaker(in_a_row(1));
    let permits: Vec<_> = (0..5).map(|_| breaker.try_acquire().unwrap()).collect();
    assert_eq!(breaker.in_flight(), 5);
    drop(permits);
    assert_eq!(breaker.in_flight(), 0);
}
