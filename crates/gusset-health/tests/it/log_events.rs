//! Log events have the target of the crate and namespaced fields.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_health::{Check, CheckResult, SharedDependency};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::support::{SECOND, Time};

/// Keeps the target and the fields of every event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<BTreeSet<(String, String)>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("gusset")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        for field in metadata.fields() {
            let entry = (metadata.target().to_owned(), field.name().to_owned());
            self.0.lock().unwrap().insert(entry);
        }
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn fields_of_log_events_are_namespaced() {
    let log = Log::default();
    // With only one subscriber, `tracing` would ask the threads of other tests for their interest.
    let _other = Dispatch::new(Log::default());
    let guard = tracing::subscriber::set_default(log.clone());
    let time = Time::new();
    let check = Check::sync("db", || CheckResult::down("no"));
    let health = time
        .builder()
        .readiness_check(SharedDependency(check.initial_jitter(Duration::ZERO)))
        .flush(|| async { panic!("on purpose") })
        .flush(std::future::pending)
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    time.pass(SECOND).await;
    health.lifecycle().force_shutdown();
    tokio::select! {
        _ = runtime.serve(std::future::ready(())) => {}
        () = time.pass(60 * SECOND) => {}
    }
    drop(guard);
    let seen = log.0.lock().unwrap();
    for (target, field) in &*seen {
        assert_eq!(target, "gusset::health");
        let is_namespaced = field == "message" || field.starts_with("gusset.health.");
        assert!(is_namespaced, "{field}");
    }
    for field in [
        "check",
        "status",
        "failures",
        "in_flight",
        "panicked",
        "timeout",
    ] {
        let field = format!("gusset.health.{field}");
        assert!(
            seen.iter().any(|(_, seen)| *seen == field),
            "{field} in {seen:?}"
        );
    }
}
