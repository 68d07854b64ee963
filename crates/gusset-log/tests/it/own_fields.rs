//! Own fields of calls are in their access log entries and exported records.

use std::sync::Arc;

use gusset_core::field;
use gusset_data::Value;
use gusset_http::RequestOptions;
use gusset_log::{AccessLog, AccessLogBuilder, Format, LogLayer, Redaction};
use http::Response;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

fn with_tenants(builder: AccessLogBuilder) -> AccessLog {
    let options = RequestOptions::default().with_field("tenant", ["blue", "green"]);
    let builder = builder.request_options(Arc::new(options));
    builder.build_with(no_env).unwrap()
}

fn respond_with_fields<T>(_: &T) -> Response<&'static str> {
    field::low("tenant", "blue");
    field::high("user.id", 42);
    Response::new("ok")
}

#[test]
fn every_kind_of_call_has_its_fields() {
    let calls: [fn(); 4] = [
        || {
            call(
                with_tenants(AccessLog::server()),
                get("/a"),
                respond_with_fields,
            );
        },
        || {
            let log = with_tenants(AccessLog::client());
            call_as_client(log, get("http://h/a"), respond_with_fields);
        },
        || {
            let log = with_tenants(AccessLog::grpc_server());
            call_as_grpc(log, grpc("/s.S/M"), respond_with_fields);
        },
        || {
            let log = with_tenants(AccessLog::server());
            let request = get("/a?token=AKIAIOSFODNN7EXAMPLE&u=http://a:b@c/");
            call(log, request, respond_with_fields);
        },
    ];
    for work in calls {
        let line = json(work);
        assert_eq!(line["tenant"], "blue", "{line}");
        assert_eq!(line["user.id"], "42", "{line}");
        assert!(line.get("gusset.fields").is_none(), "{line}");
        let [record] = &records(work)[..] else {
            panic!("one record")
        };
        let value = |key| record.attributes.iter().find(|(name, _)| name == key);
        assert_eq!(value("tenant").unwrap().1, Value::from("blue"));
        assert_eq!(value("user.id").unwrap().1, Value::from("42"));
        assert!(value("gusset.fields").is_none());
    }
}

#[test]
fn every_format_has_the_fields() {
    for format in FORMATS {
        let format = format();
        let lines = logged(builder(format.clone()), || {
            call(
                with_tenants(AccessLog::server()),
                get("/a"),
                respond_with_fields,
            );
        });
        let expected = match format {
            Format::Common | Format::Combined => "",
            Format::Ecs => ",\"labels.tenant\":\"blue\",\"labels.user_id\":\"42\"",
            Format::Logfmt | Format::Pretty { .. } => " tenant=blue user.id=42",
            _ => ",\"tenant\":\"blue\",\"user.id\":\"42\"",
        };
        assert!(lines[0].contains(expected), "{format:?}: {}", lines[0]);
        assert_eq!(
            lines[0].matches("blue").count(),
            usize::from(!expected.is_empty())
        );
        if lines[0].starts_with('{') {
            let _: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        }
    }
}

#[test]
fn full_pretty_format_has_the_fields() {
    let lines = logged(builder(Format::pretty_full(false)), || {
        call(
            with_tenants(AccessLog::server()),
            get("/a"),
            respond_with_fields,
        );
    });
    assert!(
        lines[0].contains(" tenant=blue user.id=42 trace_id="),
        "{}",
        lines[0]
    );
}

#[test]
fn value_outside_of_the_set_is_other() {
    let line = json(|| {
        call(with_tenants(AccessLog::server()), get("/a"), |_| {
            field::low("tenant", "red");
            field::low("unregistered", "red");
            Response::new("")
        });
    });
    assert_eq!(line["tenant"], "_OTHER");
    assert_eq!(line["unregistered"], "red");
    // The kind is chosen where the field is set.
    let line = json(|| {
        call(with_tenants(AccessLog::server()), get("/a"), |_| {
            field::high("tenant", "red");
            Response::new("")
        });
    });
    assert_eq!(line["tenant"], "red");
}

#[test]
fn secrets_are_redacted() {
    let respond = |_: &_| {
        field::high("user.password", "hunter2");
        field::high("note", "postgres://me:hunter2@db/x");
        field::high("iban", "hunter2");
        Response::new("")
    };
    let log = || AccessLog::server().build_with(no_env).unwrap();
    let builder = || builder(Format::Json).redaction(Redaction::default().key("iban"));
    let lines = logged(builder(), || call(log(), get("/a"), respond));
    assert!(!lines[0].contains("hunter2"), "{}", lines[0]);
    assert_eq!(lines[0].matches("REDACTED").count(), 3, "{}", lines[0]);
    let records = records_of(builder(), || call(log(), get("/a"), respond));
    let text = format!("{records:?}");
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(text.matches("REDACTED").count(), 3, "{text}");
}

#[test]
fn own_field_replaces_no_field_of_gusset() {
    let respond = |_: &_| {
        for name in [
            "http.route",
            "url.path",
            "trace_id",
            "message",
            "timestamp",
            "gusset.outcome",
        ] {
            field::high(name, "mine");
        }
        Response::new("")
    };
    let mut request = get("/a");
    let route = gusset_http::Route::new("/{a}");
    request.extensions_mut().insert(route);
    let moved = request.clone();
    let log = || AccessLog::server().build_with(no_env).unwrap();
    let line = json(|| call(log(), moved, respond));
    assert_eq!(line["http.route"], "/{a}");
    assert_eq!(line["url.path"], "/a");
    assert_eq!(line["message"], "GET /{a} 200");
    assert_eq!(line["gusset.outcome"], "success");
    assert_eq!(line["field.trace_id"], "mine");
    assert_eq!(line["field.timestamp"], "mine");
    let records = records(|| call(log(), request, respond));
    let mut keys: Vec<_> = records[0].attributes.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count);
    let route = ("http.route".into(), Value::from("/{a}"));
    assert!(records[0].attributes.contains(&route));
}

#[test]
fn hostile_value_stays_one_value() {
    let value = "a\n\u{1b}[31m\",\"level\":\"x\" b=c";
    for format in FORMATS {
        let lines = logged(builder(format()), || {
            call(with_tenants(AccessLog::server()), get("/a"), |_| {
                field::high("note", value);
                Response::new("")
            });
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains('\u{1b}'), "{}", lines[0]);
        if lines[0].starts_with('{') {
            let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
            let note = line.get("note").or(line.get("labels.note"));
            assert_eq!(note.unwrap(), value);
        }
    }
}

#[test]
fn two_layers_both_have_the_fields() {
    let outputs = [Output::default(), Output::default()];
    let log = |output: &Output| builder(Format::Json).writer(output.clone());
    let first = log(&outputs[0]).build_with(no_env).unwrap();
    let second = log(&outputs[1]).build_with(no_env).unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(first.layer)
        .with(second.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        call(
            with_tenants(AccessLog::server()),
            get("/a"),
            respond_with_fields,
        );
        // The fields do not stay for the next call.
        call(with_tenants(AccessLog::server()), get("/b"), |_| {
            Response::new("")
        });
    });
    for guard in [first.flush_guard, second.flush_guard] {
        assert!(guard.flush(TEST_TIMEOUT));
    }
    for output in outputs {
        let lines = output.lines();
        assert!(lines[0].contains("\"tenant\":\"blue\""), "{lines:?}");
        assert!(!lines[1].contains("tenant"), "{lines:?}");
    }
}

#[test]
fn other_subscribers_have_one_text() {
    let output = Output::default();
    let writer = output.clone();
    let subscriber = tracing_subscriber::registry().with(
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone()),
    );
    gusset_testkit::with_subscriber(subscriber, || {
        call(with_tenants(AccessLog::server()), get("/a"), |_| {
            field::low("tenant", "red");
            field::high("api_key", "hunter2");
            Response::new("")
        });
        call(with_tenants(AccessLog::server()), get("/b"), |_| {
            Response::new("")
        });
    });
    let lines = output.lines();
    let expected = "gusset.fields=tenant=\"_OTHER\" api_key=\"REDACTED\"";
    assert!(lines[0].contains(expected), "{}", lines[0]);
    assert!(!lines[1].contains("gusset.fields"), "{}", lines[1]);
}

#[test]
fn fields_over_the_limit_are_counted_as_dropped() {
    let records = records(|| {
        call(with_tenants(AccessLog::server()), get("/a"), |_| {
            field::high("", "x");
            Response::new("")
        });
    });
    assert_eq!(records[0].dropped_attributes, 1);
}

#[test]
fn entries_of_handlers_have_no_own_fields() {
    let lines = logged(LogLayer::builder().format(Format::Json), || {
        call(with_tenants(AccessLog::server()), get("/a"), |clock| {
            let response = respond_with_fields(clock);
            tracing::info!("in the handler");
            response
        });
    });
    assert!(!lines[0].contains("blue"), "{}", lines[0]);
    assert!(lines[1].contains("blue"), "{}", lines[1]);
}
