//! Records of the `log` crate after a global installation. It is a program of its own, because a process
//! has one logger and one global subscriber.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::time::Duration;

use gusset_testkit::SharedOutput;
use tracing_log::log;

#[test]
fn records_appear_after_global_installation() {
    let buffer = SharedOutput::default();
    let out = buffer.clone();
    let telemetry = gusset::telemetry()
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .build_with(|_| None)
        .unwrap();
    telemetry.install_global().unwrap();
    log::warn!(target: "other_crate", "no connection");
    log::debug!(target: "other_crate", "not enabled");
    telemetry.log_filter_handle().set("debug").unwrap();
    log::debug!(target: "other_crate", "details");
    let _report = telemetry.shutdown(Duration::from_secs(30));

    let text = buffer.text();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["target"] == "other_crate")
        .collect();
    let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["no connection", "details"], "{text}");
}
