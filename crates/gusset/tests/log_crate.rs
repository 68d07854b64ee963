//! Records of the `log` crate after a global installation. It is a program of its own, because a process
//! has one logger and one global subscriber.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing_log::log;

#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn records_appear_after_global_installation() {
    let buffer = LogBuffer::default();
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

    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["target"] == "other_crate")
        .collect();
    let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["no connection", "details"], "{text}");
}
