//! Records of the `log` crate in a process whose subscriber is global. It is a program of its own, because
//! a process has one logger.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use gusset_log::{Format, LogLayer};
use gusset_testkit::SharedOutput;
use tracing_log::log;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[test]
fn records_appear_as_the_filter_changes() {
    let output = SharedOutput::default();
    let log = LogLayer::builder()
        .format(Format::Json)
        .filter("warn")
        .unwrap()
        .writer(output.clone())
        .build_with(|_| None)
        .unwrap();
    tracing_subscriber::registry().with(log.layer).init();

    log::info!("before");
    log::warn!("at start");
    log.filter_handle.set("debug").unwrap();
    log::debug!("after");
    log::trace!("never");
    assert!(log.flush_guard.flush(Duration::from_secs(30)));

    let text = output.text();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["at start", "after"]);
    for line in &lines {
        assert_eq!(line["target"], "log_crate");
        assert!(
            line["code.file.path"]
                .as_str()
                .unwrap()
                .ends_with("log_crate.rs")
        );
    }
}
