//! Every interleaving of a few threads, for admission, votes, cancellation and moves.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release --lib loom`, or `cargo xtask test`.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use loom::thread;

use crate::config::Config;
use crate::shared::{Core, Parts, set_lane};
use crate::window::{CountWindow, Run, TimeWindow};
use crate::{Ballot, Counts, State, Vote};

const SECOND: u64 = 1_000_000_000;

fn config() -> Config {
    Config::in_a_row(1)
        .open_for(Duration::from_secs(1))
        .without_open_backoff()
        .open_jitter(0.0)
}

fn core(config: Config) -> Arc<Core> {
    let rules = config.check().expect("a good configuration");
    let parts = Parts {
        name: "stock".into(),
        config,
        clock: Clock::manual().0,
        metrics: None,
        fleet: None,
        state: State::Closed,
        lanes: 2,
        seed: 1,
    };
    Arc::new(Core::new(parts, &rules))
}

/// A breaker that is open, and may be probed after a second.
fn open(config: Config) -> Arc<Core> {
    let core = core(config);
    let generation = core.admit(|| 0).expect("it is closed");
    vote(&core, generation, Vote::Failure, 0);
    assert_eq!(core.word().state(), State::Open);
    core
}

fn vote(core: &Core, generation: u32, vote: Vote, now: u64) {
    core.vote(generation, Ballot::new(vote), false, || now);
}

fn left(core: &Core) -> u32 {
    let probes = core.probes(core.word()).expect("the cycle goes on");
    core.rules().probes - probes.issued
}

/// Few enough switches to end, and more than any race here needs.
fn explore(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(test);
}

#[test]
fn threads_that_race_to_half_open_get_the_probes_and_no_more() {
    explore(|| {
        let core = open(config().half_open_calls(1));
        let other = core.clone();
        let racer = thread::spawn(move || other.admit(|| SECOND).is_ok());
        let here = core.admit(|| SECOND).is_ok();
        let there = racer.join().unwrap();
        assert!(here != there, "one probe, and not two or none");
        assert_eq!((core.word().state(), left(&core)), (State::HalfOpen, 0));
    });
}

#[test]
fn a_permit_that_is_given_back_is_not_lost() {
    explore(|| {
        let core = open(config().half_open_calls(1));
        let probe = core.admit(|| SECOND).expect("the first probe");
        let other = core.clone();
        let racer = thread::spawn(move || other.admit(|| SECOND));
        core.release(probe, || SECOND);
        match racer.join().unwrap() {
            Ok(generation) => core.release(generation, || SECOND),
            Err(shut) => assert_eq!(shut.state, State::HalfOpen),
        }
        assert_eq!((core.word().state(), left(&core)), (State::HalfOpen, 1));
    });
}

#[test]
fn probes_that_vote_at_once_decide_once() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let generation = core.word().generation();
        let other = core.clone();
        let racer = thread::spawn(move || vote(&other, second, Vote::Success, SECOND));
        vote(&core, first, Vote::Success, SECOND);
        racer.join().unwrap();
        assert_eq!(core.word().state(), State::Closed);
        assert_eq!(core.word().generation(), generation + 1);
        assert_eq!(core.late_count(), 0);
    });
}

#[test]
fn a_probe_that_fails_beside_one_that_succeeds_opens() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let other = core.clone();
        let racer = thread::spawn(move || vote(&other, second, Vote::Failure, SECOND));
        vote(&core, first, Vote::Success, SECOND);
        racer.join().unwrap();
        assert_eq!(core.word().state(), State::Open);
    });
}

#[test]
fn a_vote_and_a_give_back_leave_the_permits_that_are_right() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let other = core.clone();
        let racer = thread::spawn(move || other.release(second, || SECOND));
        vote(&core, first, Vote::Success, SECOND);
        racer.join().unwrap();
        assert_eq!((core.word().state(), left(&core)), (State::HalfOpen, 1));
    });
}

#[test]
fn a_stale_probe_frees_nothing_of_a_later_cycle() {
    explore(|| {
        let core = open(
            config()
                .half_open_calls(1)
                .half_open_max(Duration::from_secs(1)),
        );
        let stale = core.admit(|| SECOND).expect("a probe that hangs");
        let other = core.clone();
        // Open again as of two seconds, half-open at three.
        let racer = thread::spawn(move || other.admit(|| 3 * SECOND).is_ok());
        core.release(stale, || SECOND);
        let admitted = racer.join().unwrap();
        assert!(admitted);
        let again = core.admit(|| 3 * SECOND);
        // Given back in time, the permit was free in its own cycle, which was over at two seconds.
        assert!(again.is_err(), "one probe a cycle");
    });
}

fn fail_at_once(lanes_apart: bool) {
    explore(move || {
        let window = Config::new()
            .time_window_in(Duration::from_secs(10), 1)
            .failure_rate(1.0)
            .minimum_calls(2);
        let core = core(window);
        let first = core.admit(|| 0).expect("closed");
        let second = core.admit(|| 0).expect("closed");
        let other = core.clone();
        let racer = thread::spawn(move || {
            set_lane(usize::from(lanes_apart));
            vote(&other, second, Vote::Failure, 0);
        });
        vote(&core, first, Vote::Failure, 0);
        racer.join().unwrap();
        assert_eq!(core.word().state(), State::Open, "one of them sees both");
        assert_eq!(core.word().generation(), 1);
    });
}

#[test]
fn failures_that_come_at_once_in_one_lane_open_once() {
    fail_at_once(false);
}

#[test]
fn failures_that_come_at_once_in_lanes_apart_open_once() {
    fail_at_once(true);
}

#[test]
fn a_result_that_races_with_a_reset_is_of_one_generation() {
    explore(|| {
        let core = core(Config::new().count_window(4).minimum_calls(4));
        let generation = core.admit(|| 0).expect("closed");
        let other = core.clone();
        let racer = thread::spawn(move || vote(&other, generation, Vote::Failure, 0));
        core.by_hand(|_| {
            Some(crate::machine::Move::to(
                State::Closed,
                crate::Reason::Reset,
            ))
        });
        racer.join().unwrap();
        assert_eq!(core.counts(0), Counts::default(), "nothing of it is left");
        let fresh = core.admit(|| 0).expect("closed");
        vote(&core, fresh, Vote::Failure, 0);
        assert_eq!(core.counts(0).calls, 1);
    });
}

#[test]
fn a_trip_that_races_with_a_close_is_told_in_order() {
    explore(|| {
        let core = core(config());
        let told = core.journal.read();
        let other = core.clone();
        let racer = thread::spawn(move || {
            let generation = other.admit(|| 0);
            if let Ok(generation) = generation {
                vote(&other, generation, Vote::Failure, 0);
            }
        });
        core.by_hand(|_| {
            Some(crate::machine::Move::to(
                State::Closed,
                crate::Reason::Reset,
            ))
        });
        racer.join().unwrap();
        let mut generation = 0;
        while let Some(transition) = told.try_next() {
            generation += 1;
            assert_eq!(transition.generation, generation);
        }
        assert_eq!(core.word().generation(), generation, "none is untold");
    });
}

#[test]
fn a_bucket_that_is_taken_over_loses_no_result_of_its_new_time() {
    explore(|| {
        let window = Arc::new(TimeWindow::new(SECOND, 2, 1));
        window.record(0, 0, 0, true, false);
        let other = window.clone();
        let racer = thread::spawn(move || other.record(0, 0, 2, true, false));
        window.record(0, 0, 2, true, true);
        racer.join().unwrap();
        let counts = window.counts(0, 2);
        assert_eq!((counts.calls, counts.failures, counts.slow), (2, 2, 1));
    });
}

#[test]
fn the_last_so_many_are_exact_when_threads_have_done() {
    explore(|| {
        let window = Arc::new(CountWindow::new(2));
        window.record(0, true, false);
        let other = window.clone();
        let racer = thread::spawn(move || other.record(0, true, false));
        window.record(0, false, true);
        racer.join().unwrap();
        let counts = window.counts(0);
        assert_eq!((counts.calls, counts.failures, counts.slow), (2, 1, 1));
    });
}

#[test]
fn a_run_is_broken_by_a_success_or_goes_on_after_it() {
    explore(|| {
        let run = Arc::new(Run::default());
        run.failed(0);
        let other = run.clone();
        let racer = thread::spawn(move || other.failed(0));
        run.succeeded(0);
        let length = racer.join().unwrap();
        // Success, failure; or failure, success; or the success was before the failure it met.
        assert!((length, run.length(0)) == (1, 1) || length == 2);
    });
}
