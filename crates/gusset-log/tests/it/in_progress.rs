//! Entries for requests in progress.

use std::time::Duration;

use gusset_log::{AccessLog, Format};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

#[test]
fn request_in_progress_is_logged() {
    let output = Output::default();
    let log = builder(Format::Json)
        .writer(output.clone())
        .build_with(no_env)
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    // Another thread logs the requests, so the subscriber is global.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let access = AccessLog::server()
        .log_in_progress_every(Duration::from_millis(20))
        .build_with(no_env)
        .unwrap();
    let count = || {
        output
            .lines()
            .iter()
            .filter(|line| line.contains("POST /slow/redis://REDACTED@cache is still in progress"))
            .count()
    };
    let hold = || eventually(|| count() >= 2);
    let request = http::Request::post("/slow/redis://me:hunter2@cache")
        .body(())
        .unwrap();
    while_in_progress(access, request, hold);
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let line: serde_json::Value = serde_json::from_str(&output.lines()[0]).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["http.request.method"], "POST");
    assert!(line["gusset.call.running"].as_f64().unwrap() >= 0.02);
    assert!(!output.text().contains("hunter2"), "{}", output.text());
    // The request has ended: its entry follows.
    let last = output.lines();
    assert!(
        last.iter().any(|line| line.contains("cancelled")),
        "{last:?}"
    );
}

#[test]
fn too_short_interval_is_rejected() {
    let error = AccessLog::server()
        .log_in_progress_every(Duration::ZERO)
        .build_with(no_env);
    assert_eq!(error.unwrap_err().setting(), "log_in_progress_every");
}
