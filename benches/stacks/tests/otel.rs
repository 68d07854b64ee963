//! The stack records each call before it is measured.
#![allow(missing_docs, reason = "a test")]

use gusset_benches_stacks::{all, recorded};

/// Its subscriber is global, so each stack has a process.
#[test]
fn stack_writes_lines_and_spans() {
    let all = all();
    let scenario = all.iter().find(|it| it.name == "axum/usual-otel");
    let mut call = (scenario.unwrap().make)()();
    // OpenTelemetry logs that its providers were set.
    let (before, _) = recorded();
    (0..7).for_each(|_| call());
    let (lines, spans) = recorded();
    assert!(lines - before == 7, "{before} lines, {lines} after calls");
    assert!(spans == 7, "{spans} spans");
}
