//! Messages have access log entries, in every format that is not only for requests.

use gusset_core::{Clock, Env, MessageOptions, ObserveLayer, RequestResponse, field};
use gusset_log::{AccessLog, Format};
use tower::{Layer as _, Service as _, service_fn};

use crate::support::*;

type Job = RequestResponse<u32, ()>;

fn consume(fails: bool) {
    let options = MessageOptions::new("kafka").with_destination(|_: &u32| Some("orders"));
    let env = Env::from_fn(&no_env);
    let log = AccessLog::server().build_consumer(options, env).unwrap();
    let (clock, mock_clock) = Clock::manual();
    let layer = ObserveLayer::<Job, _>::new((log, Traced)).with_clock(clock);
    let mut service = layer.layer(service_fn(move |_| {
        mock_clock.advance(std::time::Duration::from_micros(1500));
        field::high("order.id", "o-1");
        std::future::ready(match fails {
            true => Err(std::io::Error::other("no")),
            false => Ok(()),
        })
    }));
    let _ = block_on(service.call(7));
}

#[test]
fn entry_has_the_fields_of_a_message() {
    let line = json(|| consume(false));
    let expected = serde_json::json!({
        "timestamp": "2026-11-22T12:00:00.123456Z",
        "level": "INFO",
        "target": "gusset::access",
        "message": "process orders success",
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.destination.name": "orders",
        "messaging.process.duration": 0.0015,
        "gusset.outcome": "success",
        "order.id": "o-1",
        "trace_id": "abababababababababababababababab",
        "span_id": "cdcdcdcdcdcdcdcd",
        "trace_flags": "01",
    });
    assert_eq!(line, expected);
}

#[test]
fn failed_message_is_an_error_with_its_type() {
    let line = json(|| consume(true));
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["gusset.outcome"], "server_error");
    assert!(line["error.type"].is_string(), "{line}");
}

#[test]
fn every_format_but_those_of_requests_has_the_entry() {
    for format in FORMATS {
        let format = format();
        let lines = logged(builder(format.clone()), || consume(false));
        match format {
            Format::Common | Format::Combined => assert_eq!(lines, [""; 0]),
            _ => {
                assert_eq!(lines.len(), 1, "{format:?}: {lines:?}");
                assert!(lines[0].contains("orders"), "{format:?}: {lines:?}");
            }
        }
        if let Format::Emf { .. } = format {
            let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
            let metrics = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!(metrics["Metrics"][0]["Name"], "messaging.process.duration");
            for dimension in metrics["Dimensions"][0].as_array().unwrap() {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
            }
        }
    }
}

#[test]
fn entry_in_a_terminal_is_one_short_line() {
    let lines = logged(builder(Format::pretty(false)), || consume(false));
    assert_eq!(
        lines,
        ["12:00:00.123Z  INFO process orders success 1.500ms abababab order.id=o-1"]
    );
}

#[test]
fn record_has_the_attributes_of_a_message() {
    let records = records(|| consume(false));
    let keys: Vec<_> = records[0]
        .attributes
        .iter()
        .map(|(key, _)| &**key)
        .collect();
    let expected = [
        "messaging.system",
        "messaging.operation.name",
        "messaging.destination.name",
        "gusset.messaging.process.duration",
        "gusset.outcome",
        "order.id",
    ];
    assert_eq!(keys, expected);
    assert_eq!(records[0].body, "process orders success");
}
