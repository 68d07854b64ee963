//! The adaptive throttle and the bulkhead.

use std::error::Error;
use std::sync::Arc;

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::classify::OutcomeFailures;
use gusset_breaker::throttle::{AdaptiveThrottle, reject_probability};
use gusset_core::{AdmissionLayer, Clock, Rejected, RequestResponse};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{now, secs, serve};

type BoxError = Box<dyn Error + Send + Sync>;
type Job = RequestResponse<u32, u32>;

#[test]
fn throttle_admits_all_while_accepted() {
    let throttle = AdaptiveThrottle::builder("stock")
        .clock(Clock::manual().0)
        .build()
        .unwrap();
    let mut good = throttle
        .layer::<Job, _>(OutcomeFailures)
        .layer(serve(|| Ok::<_, BoxError>(7)));
    for _ in 0..1000 {
        assert!(now(good.call(1)).is_ok());
    }
    assert_eq!(
        (throttle.counts().calls, throttle.probability()),
        (1000, 0.0)
    );
}

#[test]
fn throttle_rejects_in_proportion_to_failures() {
    let (clock, mock_clock) = Clock::manual();
    let throttle = AdaptiveThrottle::builder("stock")
        .clock(clock)
        .seed(1)
        .minimum_rate(0.0)
        .max_reject_probability(1.0)
        .build()
        .unwrap();
    let layer = throttle.layer::<Job, _>(OutcomeFailures);
    let bad = serve(|| Err::<u32, BoxError>("down".into()));
    let mut service = layer.layer(bad.clone());
    let mut rejected = 0;
    for _ in 0..1000 {
        let error = now(service.call(1)).unwrap_err();
        if Rejected::find_in(&*error).is_some() {
            rejected += 1;
            assert_eq!(format!("{error:?}"), error.to_string());
        }
    }
    let (_, called) = bad.poll_and_call_counts();
    assert_eq!(rejected as usize + called, 1000);
    assert!(called > 1 && called < 50, "{called} of 1000 were admitted");
    let counts = throttle.counts();
    assert_eq!((counts.calls, counts.failures), (1000, 1000));
    assert!((throttle.probability() - reject_probability(2.0, 1000, 0)).abs() < 1e-9);
    // It recovers when the window is empty.
    mock_clock.advance(secs(121));
    let mut good = layer.layer(serve(|| Ok::<_, BoxError>(7)));
    assert!(now(good.call(1)).is_ok());
    assert_eq!(throttle.probability(), 0.0);
}

#[test]
fn invalid_throttle_names_setting() {
    for k in [0.5, f64::NAN] {
        assert_eq!(
            AdaptiveThrottle::builder("stock")
                .k(k)
                .build()
                .unwrap_err()
                .setting(),
            "k"
        );
    }
    let empty = AdaptiveThrottle::builder("stock").window(secs(0));
    assert_eq!(empty.build().unwrap_err().setting(), "window");
}

#[test]
fn bulkhead_limits_concurrent_calls() {
    let bulkhead = Bulkhead::new("stock", 2).unwrap();
    let layer = AdmissionLayer::<Job, _>::new(bulkhead.clone());
    let mut service = layer.layer(serve(|| Ok::<_, BoxError>(7)));
    let (first, second) = (service.call(1), service.call(1));
    assert_eq!(bulkhead.in_flight(), 2);
    let error = now(service.call(1)).unwrap_err();
    assert!(Rejected::find_in(&*error).is_some_and(|rejected| rejected.rejected_by() == "stock"));
    drop(first);
    assert_eq!(now(second).unwrap(), 7);
    assert_eq!(bulkhead.in_flight(), 0);
    assert!(now(service.call(1)).is_ok());
}

#[test]
fn bulkhead_limit_can_be_lowered() {
    let bulkhead = Bulkhead::new("stock", 3).unwrap();
    let held: Vec<_> = (0..3).map(|_| bulkhead.try_acquire().unwrap()).collect();
    bulkhead.set_limit(1).unwrap();
    assert!(bulkhead.try_acquire().is_err());
    drop(held);
    assert!(bulkhead.try_acquire().is_ok());
    assert_eq!(bulkhead.set_limit(0).unwrap_err().setting(), "limit");
    assert_eq!(bulkhead.limit(), 1);
}

/// Returns the sums of the series of each metric. The recorder resets its counters.
fn sums(snapshotter: &metrics_util::debugging::Snapshotter) -> impl Fn(&str) -> f64 {
    use metrics_util::debugging::DebugValue;
    let series = snapshotter.snapshot().into_vec();
    move |name| {
        series
            .iter()
            .filter(|(key, ..)| key.key().name() == name)
            .map(|(.., value)| match value {
                DebugValue::Counter(count) => *count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(_) => 0.0,
            })
            .sum()
    }
}

#[test]
fn bulkhead_is_measured() {
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let bulkhead = Bulkhead::builder("stock", 2)
        .metrics(Arc::new(recorder))
        .build()
        .unwrap();
    let held: Vec<_> = (0..2).map(|_| bulkhead.try_acquire().unwrap()).collect();
    assert!(bulkhead.try_acquire().is_err());
    bulkhead.set_limit(3).unwrap();
    let sum = sums(&snapshotter);
    assert_eq!(sum("gusset.bulkhead.in_flight"), 2.0);
    assert_eq!(sum("gusset.bulkhead.rejected_calls"), 1.0);
    assert_eq!(sum("gusset.bulkhead.limit"), 3.0);
    drop(held);
    assert_eq!(
        sums(&snapshotter)("gusset.bulkhead.in_flight"),
        -2.0,
        "since the snapshot"
    );
}

#[test]
fn bulkhead_in_dry_run_rejects_nothing() {
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let bulkhead = Bulkhead::builder("stock", 1)
        .metrics(Arc::new(recorder))
        .dry_run()
        .build()
        .unwrap();
    let held: Vec<_> = (0..3).map(|_| bulkhead.try_acquire().unwrap()).collect();
    assert_eq!(bulkhead.in_flight(), 3);
    let suppressed = "gusset.bulkhead.suppressed_rejections";
    assert_eq!(sums(&snapshotter)(suppressed), 2.0);
    drop(held);
}

#[test]
fn throttle_is_measured() {
    for dry_run in [false, true] {
        let recorder = metrics_util::debugging::DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let mut builder = AdaptiveThrottle::builder("stock")
            .clock(Clock::manual().0)
            .metrics(Arc::new(recorder));
        if dry_run {
            builder = builder.dry_run();
        }
        let throttle = builder.build().unwrap();
        let bad = serve(|| Err::<u32, BoxError>("down".into()));
        let mut service = throttle.layer::<Job, _>(OutcomeFailures).layer(bad.clone());
        for _ in 0..1000 {
            assert!(now(service.call(1)).is_err());
        }
        let (_, called) = bad.poll_and_call_counts();
        let sum = sums(&snapshotter);
        let calls = sum("gusset.throttle.calls");
        assert_eq!(calls, called as f64);
        let rejected = sum("gusset.throttle.rejected_calls");
        assert_eq!(calls + rejected, 1000.0);
        let suppressed = sum("gusset.throttle.suppressed_rejections");
        assert_eq!((rejected == 0.0, suppressed > 0.0), (dry_run, dry_run));
        let probability = sum("gusset.throttle.reject_probability");
        assert!((probability - throttle.probability()).abs() < 1e-9);
    }
}
