//! Operations of the service have access log entries, and those of databases and queues have none.

use gusset_core::operation::{Operation, Operations};
use gusset_core::{Clock, Env, ObserveLayer};
use gusset_log::{AccessLog, Format};

use crate::support::*;

fn run(operation: impl Into<Operation>, fails: bool) {
    let log = AccessLog::server();
    let log = log.build_operations(Env::from_fn(&no_env)).unwrap();
    let (clock, mock_clock) = Clock::manual();
    let operations = ObserveLayer::<Operations, _>::new((log, Traced)).with_clock(clock);
    let _ = block_on(operations.operation(operation).run(async move {
        mock_clock.advance(std::time::Duration::from_micros(1500));
        match fails {
            true => Err(std::io::Error::other("no")),
            false => Ok(()),
        }
    }));
}

#[test]
fn entry_has_the_name_and_the_outcome() {
    let line = json(|| run("reprice", false));
    let expected = serde_json::json!({
        "timestamp": "2026-11-22T12:00:00.123456Z",
        "level": "INFO",
        "target": "gusset::access",
        "message": "operation reprice success",
        "gusset.operation.name": "reprice",
        "gusset.operation.duration": 0.0015,
        "gusset.outcome": "success",
        "trace_id": "abababababababababababababababab",
        "span_id": "cdcdcdcdcdcdcdcd",
        "trace_flags": "01",
    });
    assert_eq!(line, expected);
}

#[test]
fn failed_operation_is_an_error_with_its_type() {
    let line = json(|| run("reprice", true));
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["gusset.outcome"], "server_error");
    assert!(line["error.type"].is_string(), "{line}");
}

#[test]
fn database_and_queue_have_no_entry() {
    let lines = logged(builder(Format::Json), || {
        run(Operation::database("postgresql", "SELECT", "orders"), true);
        run(Operation::send("nats", "orders"), false);
    });
    assert!(lines.iter().all(String::is_empty), "{lines:?}");
}

#[test]
fn every_format_but_those_of_requests_has_the_entry() {
    for format in FORMATS {
        let format = format();
        let lines = logged(builder(format.clone()), || run("reprice", false));
        match format {
            Format::Common | Format::Combined => assert_eq!(lines, [""; 0]),
            _ => assert!(lines[0].contains("reprice"), "{format:?}: {lines:?}"),
        }
    }
}

#[test]
fn entry_in_a_terminal_is_one_short_line() {
    let lines = logged(builder(Format::pretty(false)), || run("reprice", false));
    let expected = "12:00:00.123Z  INFO operation reprice success 1.500ms abababab";
    assert_eq!(lines, [expected]);
}
