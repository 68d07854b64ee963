//! Log events have the target of the crate and namespaced fields.

use std::collections::BTreeSet;
use std::time::Duration;

use gusset_health::{Check, CheckResult, SharedDependency};
use gusset_testkit::EventRecorder;
use tracing::Level;

use crate::support::{SECOND, Time};

#[tokio::test(start_paused = true)]
async fn fields_of_log_events_are_namespaced() {
    let log = EventRecorder::new(Level::DEBUG);
    let guard = log.set_default();
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
    let events = log.events();
    let events = events.iter().filter(|it| it.target.starts_with("gusset"));
    let seen: BTreeSet<_> = events
        .flat_map(|event| event.fields.iter().map(|(name, _)| (&event.target, *name)))
        .collect();
    for (target, field) in &seen {
        assert_eq!(*target, "gusset::health");
        let is_namespaced = *field == "message" || field.starts_with("gusset.health.");
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
