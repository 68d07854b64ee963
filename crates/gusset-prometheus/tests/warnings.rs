//! What is dropped is logged once, without secrets.
//!
//! In its own process, because `tracing` caches the interest in call sites for all threads.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use gusset_prometheus::{PrometheusExporter, Resource};
use gusset_testkit::EventRecorder;
use metrics::{Unit, counter, describe_histogram, gauge, histogram, with_local_recorder};
use tracing::Level;

/// Returns the warnings that `act` logs.
fn warnings(act: impl FnOnce()) -> Vec<String> {
    let log = EventRecorder::new(Level::TRACE);
    log.record(act);
    let events = log.lines();
    assert!(
        events.iter().all(|it| it.starts_with("WARN ")),
        "{events:?}"
    );
    events
}

/// Returns the one warning that `act` logs.
#[track_caller]
fn warning(act: impl FnOnce()) -> String {
    let mut events = warnings(act);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

#[test]
fn dropped_data_is_logged_once() {
    let malformed = warning(|| {
        Resource::from_env_fn(|name| {
            (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| "a=1,password hunter2".to_owned())
        });
    });
    assert!(
        malformed.contains("OTEL_RESOURCE_ATTRIBUTES"),
        "{malformed}"
    );
    assert!(malformed.contains("entry 2 has no `=`"), "{malformed}");
    assert!(!malformed.contains("hunter2"), "{malformed}");

    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    let kinds = warnings(|| {
        with_local_recorder(&prometheus.recorder(), || {
            for route in ["/a", "/b"] {
                gauge!("waits", "route" => route).set(1);
                histogram!("waits", "route" => route).record(1);
                counter!("waits", "route" => route).increment(1);
            }
        });
    });
    assert_eq!(kinds.len(), 1, "{kinds:?}");
    assert!(kinds[0].contains("gusset.metric.name=waits"), "{kinds:?}");

    let duplicate = warning(|| {
        for _ in 0..3 {
            prometheus.endpoint().render();
        }
    });
    assert!(
        duplicate.contains("the metric `waits` is not exported"),
        "{duplicate}"
    );

    let late = warning(|| {
        with_local_recorder(&prometheus.recorder(), || {
            for _ in 0..3 {
                describe_histogram!("waits", Unit::Seconds, "");
            }
        });
    });
    assert!(late.contains("gusset.metric.name=waits"), "{late}");
}
