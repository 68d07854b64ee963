//! What is dropped is logged once, without secrets.
//!
//! In its own process, because `tracing` caches the interest in call sites for all threads.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use gusset_prometheus::{PrometheusExporter, Resource};
use metrics::{Unit, counter, describe_histogram, gauge, histogram, with_local_recorder};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the text of every event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct EventText(String);

impl Visit for EventText {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut text = EventText(event.metadata().level().to_string() + " ");
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns the warnings that `act` logs.
fn warnings(act: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), act);
    let events = std::mem::take(&mut *log.0.lock().unwrap());
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
    assert!(kinds[0].contains(r#"metric="waits""#), "{kinds:?}");

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
    assert!(late.contains(r#"histogram="waits""#), "{late}");
}
