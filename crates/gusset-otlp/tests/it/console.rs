//! Telemetry on standard output, seen from another process.

use std::process::Command;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::Signal;

use crate::support::{PATIENCE, record, span, with};

/// Set for the process that writes.
const WRITES: &str = "GUSSET_OTLP_TEST_WRITES";

#[test]
fn what_is_for_the_console_is_one_line_a_batch() {
    if std::env::var_os(WRITES).is_some() {
        let console = [
            ("OTEL_TRACES_EXPORTER", "console"),
            ("OTEL_LOGS_EXPORTER", "console"),
        ];
        let telemetry = with(&console).unwrap();
        telemetry.spans().export(span("seen"));
        telemetry.spans().export(span("seen too"));
        telemetry.logs().export(record("said"));
        let report = telemetry.shutdown(PATIENCE);
        assert_eq!(report.of(Signal::Traces).exported, 2);
        return;
    }
    let this = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "console::what_is_for_the_console_is_one_line_a_batch",
            "--nocapture",
        ])
        .env(WRITES, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(this.stdout).unwrap();
    // The harness may have begun the line.
    let batch = |begin: &str| {
        let line = text
            .lines()
            .find_map(|line| Some(&line[line.find(begin)?..]));
        let line = line.unwrap_or_else(|| panic!("{begin} in {text}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()
    };
    let spans = &batch("{\"resourceSpans\"")["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(spans[0]["name"], "seen");
    assert_eq!(spans[1]["name"], "seen too");
    let logs = &batch("{\"resourceLogs\"")["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    assert_eq!(logs[0]["body"]["stringValue"], "said");
}
