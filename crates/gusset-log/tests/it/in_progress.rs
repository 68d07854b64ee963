//! Calls that take long.

use std::time::Duration;

use gusset_log::{AccessLog, Format};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

#[test]
fn a_long_call_says_that_it_is_still_running() {
    let pages = Pages::default();
    let log = builder(Format::Json)
        .writer(pages.clone())
        .build_with(no_env)
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    // The thread that looks at the calls is not this one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let access = AccessLog::server()
        .log_in_progress_every(Duration::from_millis(20))
        .build_with(no_env)
        .unwrap();
    let said = || {
        pages
            .lines()
            .iter()
            .filter(|line| line.contains("GET /slow is still in progress"))
            .count()
    };
    let hold = || eventually(|| said() >= 2);
    while_under_way(access, get("/slow"), hold);
    assert!(log.flush_guard.flush(GENEROUS));
    let line: serde_json::Value = serde_json::from_str(&pages.lines()[0]).unwrap();
    assert_eq!(line["level"], "WARN");
    assert!(line["gusset.call.running"].as_f64().unwrap() >= 0.02);
    // It has ended, and speaks no more but once.
    let last = pages.lines();
    assert!(
        last.iter().any(|line| line.contains("cancelled")),
        "{last:?}"
    );
}

#[test]
fn a_time_that_is_too_short_is_refused() {
    let error = AccessLog::server()
        .log_in_progress_every(Duration::ZERO)
        .build_with(no_env);
    assert_eq!(error.unwrap_err().setting(), "log_in_progress_every");
}
