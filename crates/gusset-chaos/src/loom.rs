//! Model checks with loom: every interleaving of two threads.
//!
//! Run by `cargo xtask test`, or `RUSTFLAGS="--cfg loom" cargo test --release --lib loom`.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use loom::thread;
use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, Unit};

use crate::injection::{Abilities, Injection, decide};
use crate::limits::{Limit, LimitState};
use crate::rule::CallView;
use crate::sync::{AtomicU32, Ordering};
use crate::{ArmError, Arming, Chaos, Fault, FaultKind, Limits, Rule, RuleSet, StopReason, names};

/// Explores the interleavings with up to three preemptions, which bounds the run time.
fn explore(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(test);
}

fn limits(limits: Limits) -> (Arc<LimitState>, Arc<AtomicU32>) {
    let active = Arc::<AtomicU32>::default();
    (Arc::new(LimitState::new(limits, active.clone())), active)
}

fn rules(names: [&str; 2], fault: Fault) -> RuleSet {
    let fails = |name: &str| Rule::new(name).every_nth(2).fault(fault.clone());
    // The second call meets the second rule, which has counted the first one.
    RuleSet::new([fails(names[0]), Rule::new(names[1]).fault(fault.clone())]).unwrap()
}

fn chaos(rules: RuleSet) -> Chaos {
    let builder = Chaos::builder().environment("test").rules(rules);
    builder.build_with(|_| None).unwrap()
}

fn arming() -> Arming {
    Arming::for_at_most(Duration::from_secs(3600))
}

fn call(chaos: &Chaos) -> Option<Injection> {
    let abilities = Abilities {
        errors: true,
        responses: true,
    };
    decide(&chaos.0, &CallView::default(), false, abilities)
}

#[test]
fn racing_calls_never_exceed_the_active_limit() {
    explore(|| {
        let (state, active) = limits(Limits::new().max_active(1));
        let now = Clock::manual().0.now();
        let (other, seen) = (state.clone(), active.clone());
        let racer = thread::spawn(move || match other.acquire(now) {
            Ok(_guard) => assert_eq!(seen.load(Ordering::Relaxed), 1),
            Err(limit) => assert_eq!(limit, Limit::Active),
        });
        if let Ok((_guard, _)) = state.acquire(now) {
            assert_eq!(active.load(Ordering::Relaxed), 1);
        }
        racer.join().unwrap();
        assert_eq!(active.load(Ordering::Relaxed), 0, "all places are returned");
    });
}

#[test]
fn last_call_of_a_budget_is_the_last_one_once() {
    explore(|| {
        let (state, active) = limits(Limits::new().budget(1));
        let now = Clock::manual().0.now();
        let other = state.clone();
        let racer = thread::spawn(move || other.acquire(now).map(|(_, is_last)| is_last));
        let here = state.acquire(now).map(|(_, is_last)| is_last);
        let mut both = [here, racer.join().unwrap()];
        both.sort_by_key(Result::is_err);
        assert_eq!(both, [Ok(true), Err(Limit::Budget)]);
        assert_eq!(active.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn budget_ends_the_arming_once_and_hits_one_call() {
    explore(|| {
        let rule = Rule::new("abort").fault(Fault::Abort);
        let builder = Chaos::builder().environment("test");
        let builder = builder.rules(RuleSet::new([rule]).unwrap());
        let chaos = builder.limits(Limits::new().budget(1)).build_with(|_| None);
        let chaos = chaos.unwrap();
        chaos.arm(arming()).unwrap();
        let other = chaos.clone();
        let racer = thread::spawn(move || call(&other).is_some());
        let here = call(&chaos).is_some();
        assert!(here != racer.join().unwrap(), "exactly one");
        let status = chaos.status();
        assert_eq!((status.armed, status.active), (false, 0));
        assert_eq!(status.stopped, Some(StopReason::Budget));
        assert_eq!(status.rules[0].injected, 1);
    });
}

#[test]
fn kill_switch_wins_over_an_arming() {
    explore(|| {
        let chaos = chaos(RuleSet::default());
        let other = chaos.clone();
        let racer = thread::spawn(move || other.arm(arming()));
        chaos.kill();
        assert!(matches!(
            racer.join().unwrap(),
            Ok(()) | Err(ArmError::Killed)
        ));
        let status = chaos.status();
        assert_eq!((status.armed, status.killed), (false, true));
        assert!(!chaos.0.is_armed(), "calls are not hit");
        assert_eq!(chaos.arm(arming()), Err(ArmError::Killed));
    });
}

#[test]
fn call_sees_one_set_of_rules_while_they_are_replaced() {
    explore(|| {
        let chaos = chaos(rules(["a", "b"], Fault::Abort));
        chaos.arm(arming()).unwrap();
        let other = chaos.clone();
        let racer = thread::spawn(move || {
            other.set_rules(rules(["c", "d"], Fault::Error));
        });
        let injection = call(&chaos).expect("a rule of each set hits every call");
        let is_old = injection.faults == [FaultKind::Abort];
        let expected = if is_old { "b" } else { "d" };
        assert_eq!(&*injection.rule, expected, "{injection:?}");
        drop(injection);
        racer.join().unwrap();
        assert_eq!(chaos.status().active, 0);
        let counts = chaos.status().rules;
        let names: Vec<_> = counts.iter().map(|counts| &*counts.rule).collect();
        assert_eq!(names, ["c", "d"]);
    });
}

#[test]
fn time_limit_ends_an_arming_once() {
    explore(|| {
        let chaos = chaos(RuleSet::default());
        let armed = chaos.0.arm(Arming::for_at_most(Duration::from_nanos(1)));
        let armed = armed.unwrap();
        let (other, same) = (chaos.clone(), armed.clone());
        let racer = thread::spawn(move || other.0.stop(Some(&same), StopReason::Expired));
        let here = chaos.0.stop(Some(&armed), StopReason::Expired);
        assert!(here != racer.join().unwrap(), "exactly one ends it");
        assert!(!chaos.0.is_armed());
    });
}

#[test]
fn late_end_of_an_arming_leaves_the_next_one() {
    explore(|| {
        let chaos = chaos(RuleSet::default());
        let first = chaos.0.arm(arming()).unwrap();
        let (other, same) = (chaos.clone(), first.clone());
        let racer = thread::spawn(move || other.0.stop(Some(&same), StopReason::Disarmed));
        chaos.disarm();
        let second = chaos.0.arm(arming()).unwrap();
        racer.join().unwrap();
        assert!(chaos.0.is_armed());
        let session = chaos.0.session().unwrap();
        assert!(Arc::ptr_eq(&session.armed, &second));
    });
}

/// Keeps the value of one gauge.
#[derive(Default)]
struct ArmedGauge(Arc<Value>);

#[derive(Default)]
struct Value(AtomicU32);

impl GaugeFn for Value {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, value: f64) {
        self.0.store(u32::from(value > 0.0), Ordering::Relaxed);
    }
}

impl Recorder for ArmedGauge {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: metrics::SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match key.name() == names::ARMED.name {
            true => Gauge::from_arc(self.0.clone()),
            false => Gauge::noop(),
        }
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn gauge_of_the_arming_ends_with_the_last_change() {
    explore(|| {
        let recorder = ArmedGauge::default();
        let value = recorder.0.clone();
        let builder = Chaos::builder().environment("test");
        let builder = builder.metrics(Arc::new(recorder));
        let chaos = builder.build_with(|_| None).unwrap();
        let other = chaos.clone();
        let racer = thread::spawn(move || other.arm(arming()));
        chaos.disarm();
        racer.join().unwrap().unwrap();
        let gauge = value.0.load(Ordering::Relaxed) == 1;
        assert_eq!(gauge, chaos.0.is_armed());
    });
}
