//! Log records for an exporter.

use std::convert::Infallible;

use bytes::Bytes;
use gusset_data::{LogRecord, Severity, Value};
use gusset_http::{RequestIdLayer, Route};
use gusset_log::{AccessLog, Format};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer as _, service_fn};
use tracing::{info, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

fn attribute<'a>(record: &'a LogRecord, key: &str) -> Option<&'a Value> {
    record
        .attributes
        .iter()
        .find(|(of, _)| of == key)
        .map(|(_, value)| value)
}

#[test]
fn access_log_entry_is_record_with_ids() {
    let mut request = get("/items/42");
    request.extensions_mut().insert(Route::new("/items/{id}"));
    let records = records(|| {
        let log = AccessLog::server().build_with(no_env).unwrap();
        call(log, request, |_| Response::new("hello"));
    });
    let record = &records[0];
    assert_eq!(record.event_name.as_deref(), Some("http.server.request"));
    assert_eq!(record.scope, "gusset::access");
    assert_eq!(record.severity, Severity::Info);
    assert_eq!(record.time, fixed_time());
    assert_eq!(record.body, "GET /items/{id} 200");
    assert_eq!(record.trace_id, Some([0xab; 16]));
    assert_eq!(record.span_id, Some([0xcd; 8]));
    assert_eq!(record.flags, 1);
    assert_eq!(
        attribute(record, "http.response.status_code"),
        Some(&Value::Int(200))
    );
    assert_eq!(
        attribute(record, "gusset.http.server.request.duration"),
        Some(&Value::Double(0.002))
    );
}

#[test]
fn fast_path_builds_same_record_as_event() {
    let (first, second) = (RecordingSink::default(), RecordingSink::default());
    let sink = |sink_records: &RecordingSink| {
        builder(Format::Json)
            .sink(sink_records.clone())
            .without_output()
    };
    // The first layer takes the access record; the second one reads the event.
    let one = sink(&first).build_with(no_env).unwrap();
    let other = sink(&second).build_with(no_env).unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(one.layer)
        .with(other.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        for (path, agent) in [
            ("/items/42?q=1", &b"curl/8"[..]),
            ("/\u{e9}", b"no \xff UTF-8"),
            ("/items/42?token=hunter2", &[b'a'; 300]),
        ] {
            let mut request = get("/items/42");
            *request.uri_mut() = http::Uri::try_from(path.replace('\u{e9}', "%C3%A9")).unwrap();
            let agent = http::HeaderValue::from_bytes(agent).unwrap();
            request.headers_mut().insert("user-agent", agent.clone());
            request.headers_mut().insert("referer", agent);
            request.extensions_mut().insert(Route::new("/items/{id}"));
            let log = AccessLog::server()
                .referer()
                .query(gusset_http::QueryRedaction::default());
            let log = log.build_with(no_env).unwrap();
            *request.method_mut() = "PURGE".parse().unwrap();
            call(log, request, |_| {
                let mut response = Response::new("hello");
                *response.status_mut() = http::StatusCode::BAD_GATEWAY;
                response
            });
        }
    });
    let (first, second) = (first.0.lock().unwrap(), second.0.lock().unwrap());
    assert_eq!(first.len(), 3);
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}

#[test]
fn record_is_redacted() {
    let records = records(|| warn!(password = "hunter2", n = 7, "redis://u:hunter2@cache"));
    let record = &records[0];
    assert_eq!(record.severity, Severity::Warn);
    assert_eq!(record.event_name, None);
    assert_eq!(record.body, "redis://REDACTED@cache");
    assert_eq!(
        attribute(record, "password"),
        Some(&Value::from("REDACTED"))
    );
    assert_eq!(attribute(record, "n"), Some(&Value::Int(7)));
}

#[test]
fn events_of_exporter_are_not_exported() {
    assert!(records(|| info!(target: "gusset::otlp", "sent")).is_empty());
    assert!(records(|| info!(target: "gusset::otlp::retry", "sent")).is_empty());
}

fn keys(record: &LogRecord) -> Vec<&str> {
    record.attributes.iter().map(|(key, _)| &**key).collect()
}

#[test]
fn keys_of_a_record_are_unique() {
    let records = records(|| info!(a = 1, a = 2, "a" = 3, request_id = "mine", "here"));
    assert_eq!(keys(&records[0]), ["a", "a_", "a__", "request_id"]);
}

#[test]
fn field_replaces_an_attribute_that_the_layer_adds() {
    let service = service_fn(async |_: Request<()>| {
        let id = "mine";
        info!({ code.file.path = "mine", code.line.number = 7, request_id = id }, "here");
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let records = records_of(builder(Format::Json).source_location(), || {
        drive(RequestIdLayer::new().layer(service), get("/"));
    });
    let expected = ["code.file.path", "code.line.number", "request_id"];
    assert_eq!(keys(&records[0]), expected);
    assert_eq!(
        attribute(&records[0], "code.file.path"),
        Some(&Value::from("mine"))
    );
}

#[test]
fn message_as_field_does_not_replace_the_message() {
    let records = records(|| {
        info!(message = "mine", "here");
        info!(message = "alone");
    });
    assert_eq!(records[0].body, "here");
    assert_eq!(
        attribute(&records[0], "message"),
        Some(&Value::from("mine"))
    );
    assert_eq!(records[1].body, "alone");
    assert_eq!(attribute(&records[1], "message"), None);
}

#[test]
fn name_becomes_the_event_name() {
    let records = records(|| {
        info!(name: "order.placed", "here");
        info!(name: "event of mine", "here");
        info!(name: "event 1:2", "here");
        info!("here");
    });
    let names: Vec<_> = records
        .iter()
        .map(|record| record.event_name.as_deref())
        .collect();
    let given = ["order.placed", "event of mine", "event 1:2"].map(Some);
    assert_eq!(names[..3], given);
    assert_eq!(names[3], None);
}

#[derive(Debug)]
struct Failed(&'static str, Option<Box<Failed>>);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

#[test]
fn error_shows_its_causes_everywhere() {
    const CHAIN: &str = "no order: query failed: redis://REDACTED@cache is down";
    let down = Failed("redis://me:hunter2@cache is down", None);
    let query = Failed("query failed", Some(Box::new(down)));
    let order = Failed("no order", Some(Box::new(query)));
    let error = &order as &(dyn std::error::Error + 'static);
    let work = || tracing::error!(error, "lost");
    let record = &records(work)[0];
    assert_eq!(
        attribute(record, "error"),
        Some(&Value::String(CHAIN.into()))
    );
    for format in [
        Format::Json,
        Format::Ecs,
        Format::Datadog,
        Format::Logfmt,
        Format::pretty(false),
    ] {
        let lines = logged(builder(format), work);
        assert!(lines[0].contains(CHAIN), "{lines:?}");
    }
    let lines = logged(builder(Format::Json), || {
        tracing::info_span!("work", error).in_scope(|| info!("here"));
    });
    assert!(lines[0].contains(CHAIN), "{lines:?}");
}

#[test]
fn durations_have_names_of_their_own_in_records() {
    let access = |build: fn() -> gusset_log::AccessLogBuilder| build().build_with(no_env).unwrap();
    let records = records(|| {
        call(access(AccessLog::server), get("/items"), |_| {
            Response::new("")
        });
        let request = get("http://a.example/items");
        call_as_client(access(AccessLog::client), request, |_| Response::new(""));
        call_as_grpc(access(AccessLog::grpc_server), get("/a.B/C"), |_| {
            Response::new("")
        });
    });
    let own = [
        "gusset.http.server.request.duration",
        "gusset.http.client.request.duration",
        "gusset.rpc.server.call.duration",
    ];
    for (record, own) in records.iter().zip(own) {
        let durations: Vec<_> = keys(record)
            .into_iter()
            .filter(|key| key.ends_with("duration"))
            .collect();
        assert_eq!(durations, [own]);
    }
}

#[test]
fn header_in_a_record_is_a_list() {
    let records = records(|| {
        let log = AccessLog::server().referer().build_with(no_env).unwrap();
        let mut request = get("/items");
        let referer = http::HeaderValue::from_static("https://a.example/list");
        request.headers_mut().insert("referer", referer);
        call(log, request, |_| Response::new(""));
    });
    let referer = attribute(&records[0], "http.request.header.referer");
    let expected = Value::from(vec!["https://a.example/list".into()]);
    assert_eq!(referer, Some(&expected));
}
