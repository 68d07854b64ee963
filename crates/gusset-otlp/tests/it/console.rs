//! The console exporter, in a child process.

use std::process::Command;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::Signal;

use crate::support::{TEST_TIMEOUT, build_with, record, span};

/// Set in the child process, which writes.
const IS_CHILD: &str = "GUSSET_OTLP_TEST_IS_CHILD";

#[test]
fn console_has_one_line_for_each_batch() {
    if std::env::var_os(IS_CHILD).is_some() {
        let console = [
            ("OTEL_TRACES_EXPORTER", "console"),
            ("OTEL_LOGS_EXPORTER", "console"),
        ];
        let pipeline = build_with(&console).unwrap();
        pipeline.span_sink().export(span("first"));
        pipeline.span_sink().export(span("second"));
        pipeline.log_sink().export(record("message"));
        let report = pipeline.shutdown(TEST_TIMEOUT);
        assert_eq!(report.counts(Signal::Traces).exported, 2);
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "console::console_has_one_line_for_each_batch",
            "--nocapture",
        ])
        .env(IS_CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    // The test harness may have written to the line before.
    let batch = |prefix: &str| {
        let line = text
            .lines()
            .find_map(|line| Some(&line[line.find(prefix)?..]));
        let line = line.unwrap_or_else(|| panic!("{prefix} in {text}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()
    };
    let spans = &batch("{\"resourceSpans\"")["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(spans[0]["name"], "first");
    assert_eq!(spans[1]["name"], "second");
    let logs = &batch("{\"resourceLogs\"")["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    assert_eq!(logs[0]["body"]["stringValue"], "message");
}
