//! The recorded metrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use gusset_health::{LocalDependency, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::support::{SECOND, TestCheck, Time};

#[tokio::test(start_paused = true)]
async fn state_is_recorded() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let recorded = || -> BTreeMap<String, f64> {
        let all = snapshotter.snapshot().into_vec();
        let all = all.into_iter().map(|(key, unit, help, value)| {
            let key = key.key();
            assert!(help.is_some() && unit.is_some(), "{key} has no description");
            let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
            let value = match value {
                DebugValue::Counter(n) => n as f64,
                DebugValue::Gauge(n) => n.0,
                DebugValue::Histogram(all) => all.len() as f64,
            };
            (
                format!("{} {}", key.name(), labels.join(" "))
                    .trim()
                    .to_owned(),
                value,
            )
        });
        all.collect()
    };
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index").max_interval(SECOND)))
        .recorder(Arc::new(recorder))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(2 * SECOND).await;
    let now = recorded();
    assert_eq!(now["gusset.health.check.status index up"], 1.0);
    assert_eq!(now["gusset.health.check.status index unknown"], 0.0);
    assert_eq!(now["gusset.health.phase ready"], 1.0);
    assert_eq!(now["gusset.health.phase starting"], 0.0);
    assert_eq!(now["gusset.health.ready"], 1.0);
    assert_eq!(now["gusset.health.healthy"], 1.0);
    assert_eq!(now["gusset.health.live"], 1.0);
    assert!(now["gusset.health.heartbeat.age main-runtime"] <= 1.0);
    assert_eq!(
        now["gusset.health.check.runs index up"],
        now["gusset.health.check.duration index"]
    );
    for metric in names::ALL {
        assert!(
            now.keys().any(|key| key.starts_with(metric.name)),
            "{}",
            metric.name
        );
    }

    for change in [TestCheck::down, TestCheck::hang, TestCheck::panic] {
        change(&check);
        time.pass(10 * SECOND).await;
    }
    let now = recorded();
    assert_eq!(now["gusset.health.check.status index down"], 1.0);
    assert_eq!(now["gusset.health.ready"], 0.0);
    for result in ["down", "timeout", "panic"] {
        assert!(
            now[&format!("gusset.health.check.runs index {result}")] > 0.0,
            "{result}"
        );
    }

    health.lifecycle().force_shutdown();
    let _report = runtime.serve(runtime.shutdown_signal()).await;
    let now = recorded();
    assert_eq!(now["gusset.health.phase stopped"], 1.0);
    assert_eq!(now["gusset.health.unfinished_requests"], 0.0);
}
