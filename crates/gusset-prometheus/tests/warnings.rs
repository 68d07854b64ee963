//! What is left out or discarded is told, once, and tells no secrets. One test in its own process,
//! because `tracing` remembers for all threads which call sites are of interest.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use gusset_prometheus::{Prometheus, Resource};
use metrics::{Unit, describe_histogram, gauge, histogram, with_local_recorder};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the text of every event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct SharedStr(String);

impl Visit for SharedStr {
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
        let mut text = SharedStr(event.metadata().level().to_string() + " ");
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The one warning that `act` leads to.
#[track_caller]
fn warning(act: impl FnOnce()) -> String {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), act);
    let mut events = log.0.lock().unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    let event = events.remove(0);
    assert!(event.starts_with("WARN "), "{event}");
    event
}

#[test]
fn what_is_left_out_is_told_once() {
    let malformed = warning(|| {
        Resource::from_lookup(|name| {
            (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| "a=1,password hunter2".to_owned())
        });
    });
    assert!(
        malformed.contains("OTEL_RESOURCE_ATTRIBUTES"),
        "{malformed}"
    );
    assert!(malformed.contains("entry 2 has no `=`"), "{malformed}");
    assert!(!malformed.contains("hunter2"), "{malformed}");

    let prometheus = Prometheus::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    let double = warning(|| {
        with_local_recorder(&prometheus.recorder(), || {
            gauge!("waits").set(1);
            histogram!("waits").record(1);
        });
        for _ in 0..3 {
            prometheus.page().render();
        }
    });
    assert!(double.contains(r#"name="waits""#), "{double}");

    let late = warning(|| {
        with_local_recorder(&prometheus.recorder(), || {
            for _ in 0..3 {
                describe_histogram!("waits", Unit::Seconds, "");
            }
        });
    });
    assert!(late.contains(r#"histogram="waits""#), "{late}");
}
