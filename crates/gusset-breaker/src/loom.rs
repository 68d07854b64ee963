//! Model checks with loom: every interleaving of two threads.
//!
//! Run by `cargo xtask test`, or `RUSTFLAGS="--cfg loom" cargo test --release --lib loom`.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Clock, PanicCounter};
use loom::thread;

use crate::config::Config;
use crate::shared::{Core, Parts, set_shard_index};
use crate::window::{ConsecutiveFailures, CountWindow, TimeWindow};
use crate::{CallReport, CallResult, Counts, State};

const SECOND: u64 = 1_000_000_000;

fn config() -> Config {
    Config::consecutive(1)
        .open_duration(Duration::from_secs(1))
        .without_open_backoff()
        .open_jitter(0.0)
}

fn core(config: Config) -> Arc<Core> {
    let rules = config.check().expect("a valid configuration");
    let parts = Parts {
        name: "stock".into(),
        config,
        clock: Clock::manual().0,
        metrics: None,
        error_statuses: None,
        panics: PanicCounter::new(),
        open_budget: None,
        state: State::Closed,
        shards: 2,
        seed: 1,
    };
    Arc::new(Core::new(parts, &rules))
}

/// Creates a breaker that is open for one second.
fn open(config: Config) -> Arc<Core> {
    let core = core(config);
    let generation = core.admit(|| 0).expect("it is closed");
    record(&core, generation, CallResult::Failure, 0);
    assert_eq!(core.packed().state(), State::Open);
    core
}

fn record(core: &Core, generation: u32, result: CallResult, now: u64) {
    core.record(generation, CallReport::new(result), false, || now);
}

fn free_permits(core: &Core) -> u32 {
    let probes = core.probes(core.packed()).expect("the cycle has not ended");
    core.rules().half_open_calls - probes.issued
}

/// Explores the interleavings with up to three preemptions, which bounds the run time.
fn explore(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(test);
}

#[test]
fn racing_threads_share_half_open_permits() {
    explore(|| {
        let core = open(config().half_open_calls(1));
        let other = core.clone();
        let racer = thread::spawn(move || other.admit(|| SECOND).is_ok());
        let here = core.admit(|| SECOND).is_ok();
        let there = racer.join().unwrap();
        assert!(here != there, "exactly one probe");
        assert_eq!(
            (core.packed().state(), free_permits(&core)),
            (State::HalfOpen, 0)
        );
    });
}

#[test]
fn released_permit_is_not_lost() {
    explore(|| {
        let core = open(config().half_open_calls(1));
        let probe = core.admit(|| SECOND).expect("the first probe");
        let other = core.clone();
        let racer = thread::spawn(move || other.admit(|| SECOND));
        core.release(probe, || SECOND);
        match racer.join().unwrap() {
            Ok(generation) => core.release(generation, || SECOND),
            Err(denied) => assert_eq!(denied.state, State::HalfOpen),
        }
        assert_eq!(
            (core.packed().state(), free_permits(&core)),
            (State::HalfOpen, 1)
        );
    });
}

#[test]
fn concurrent_probes_close_once() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let generation = core.packed().generation();
        let other = core.clone();
        let racer = thread::spawn(move || record(&other, second, CallResult::Success, SECOND));
        record(&core, first, CallResult::Success, SECOND);
        racer.join().unwrap();
        assert_eq!(core.packed().state(), State::Closed);
        assert_eq!(core.packed().generation(), generation + 1);
        assert_eq!(core.stale_count(), 0);
    });
}

#[test]
fn failed_probe_opens_beside_successful_one() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let other = core.clone();
        let racer = thread::spawn(move || record(&other, second, CallResult::Failure, SECOND));
        record(&core, first, CallResult::Success, SECOND);
        racer.join().unwrap();
        assert_eq!(core.packed().state(), State::Open);
    });
}

#[test]
fn result_and_release_keep_permit_count() {
    explore(|| {
        let core = open(config().half_open_calls(2));
        let first = core.admit(|| SECOND).expect("a probe");
        let second = core.admit(|| SECOND).expect("another");
        let other = core.clone();
        let racer = thread::spawn(move || other.release(second, || SECOND));
        record(&core, first, CallResult::Success, SECOND);
        racer.join().unwrap();
        assert_eq!(
            (core.packed().state(), free_permits(&core)),
            (State::HalfOpen, 1)
        );
    });
}

#[test]
fn stale_probe_frees_no_later_permit() {
    explore(|| {
        let core = open(
            config()
                .half_open_calls(1)
                .max_half_open(Duration::from_secs(1)),
        );
        let stale = core.admit(|| SECOND).expect("a probe that hangs");
        let other = core.clone();
        // Open again as of two seconds, half-open at three.
        let racer = thread::spawn(move || other.admit(|| 3 * SECOND).is_ok());
        core.release(stale, || SECOND);
        let admitted = racer.join().unwrap();
        assert!(admitted);
        let again = core.admit(|| 3 * SECOND);
        // The released permit belongs to the cycle that ended at two seconds.
        assert!(again.is_err(), "one probe per cycle");
    });
}

fn fail_concurrently(separate_shards: bool) {
    explore(move || {
        let window = Config::new()
            .time_window_with_buckets(Duration::from_secs(10), 1)
            .failure_rate_threshold(1.0)
            .minimum_calls(2);
        let core = core(window);
        let first = core.admit(|| 0).expect("closed");
        let second = core.admit(|| 0).expect("closed");
        let other = core.clone();
        let racer = thread::spawn(move || {
            set_shard_index(usize::from(separate_shards));
            record(&other, second, CallResult::Failure, 0);
        });
        record(&core, first, CallResult::Failure, 0);
        racer.join().unwrap();
        assert_eq!(
            core.packed().state(),
            State::Open,
            "one thread sees both failures"
        );
        assert_eq!(core.packed().generation(), 1);
    });
}

#[test]
fn concurrent_failures_in_one_shard_open_once() {
    fail_concurrently(false);
}

#[test]
fn failures_that_come_at_once_in_separate_shards_open_once() {
    fail_concurrently(true);
}

#[test]
fn result_racing_reset_has_one_generation() {
    explore(|| {
        let core = core(Config::new().count_window(4).minimum_calls(4));
        let generation = core.admit(|| 0).expect("closed");
        let other = core.clone();
        let racer = thread::spawn(move || record(&other, generation, CallResult::Failure, 0));
        core.transition_manually(|_| {
            Some(crate::machine::Move::to(
                State::Closed,
                crate::Reason::Reset,
            ))
        });
        racer.join().unwrap();
        assert_eq!(
            core.counts(0),
            Counts::default(),
            "no result of the old generation"
        );
        let fresh = core.admit(|| 0).expect("closed");
        record(&core, fresh, CallResult::Failure, 0);
        assert_eq!(core.counts(0).calls, 1);
    });
}

#[test]
fn racing_transitions_are_published_in_order() {
    explore(|| {
        let core = core(config());
        let transitions = core.events.subscribe();
        let other = core.clone();
        let racer = thread::spawn(move || {
            let generation = other.admit(|| 0);
            if let Ok(generation) = generation {
                record(&other, generation, CallResult::Failure, 0);
            }
        });
        core.transition_manually(|_| {
            Some(crate::machine::Move::to(
                State::Closed,
                crate::Reason::Reset,
            ))
        });
        racer.join().unwrap();
        let mut generation = 0;
        while let Some(transition) = transitions.try_recv() {
            generation += 1;
            assert_eq!(transition.generation, generation);
        }
        assert_eq!(core.packed().generation(), generation, "all are published");
    });
}

#[test]
fn reused_bucket_keeps_new_results() {
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
fn count_window_is_exact_after_threads() {
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
fn success_resets_concurrent_failures() {
    explore(|| {
        let consecutive = Arc::new(ConsecutiveFailures::default());
        consecutive.record_failure(0);
        let other = consecutive.clone();
        let racer = thread::spawn(move || other.record_failure(0));
        consecutive.record_success(0);
        let failures = racer.join().unwrap();
        // The success was before or after the second failure, or before the first one.
        assert!((failures, consecutive.get(0)) == (1, 1) || failures == 2);
    });
}
