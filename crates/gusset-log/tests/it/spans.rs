//! The spans of an entry.

use gusset_log::{Format, LogLayer};
use serde_json::json;
use tracing::field::Empty;
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

#[test]
fn outermost_span_comes_first() {
    let line = json(|| {
        info_span!("outer", a = 1).in_scope(|| {
            info_span!("inner", b = true).in_scope(|| info!("here"));
        });
    });
    assert_eq!(
        line["spans"],
        json!([{ "name": "outer", "a": 1 }, { "name": "inner", "b": true }])
    );
}

#[test]
fn late_values_replace_earlier_ones() {
    let line = json(|| {
        let span = info_span!("late", a = 1, b = Empty);
        span.record("b", "first");
        for _ in 0..10_000 {
            span.record("b", "another value");
        }
        span.record("a", 2);
        span.in_scope(|| info!("here"));
    });
    assert_eq!(
        line["spans"],
        json!([{ "name": "late", "b": "another value", "a": 2 }])
    );
}

#[test]
fn request_span_and_disabled_spans_are_omitted() {
    let line = json(|| {
        info_span!(target: "gusset::trace", "http.server", a = 1).in_scope(|| info!("here"));
    });
    assert_eq!(line.get("spans"), None);
    let named = builder(Format::Json).filter("info,gusset::trace=info");
    let lines = logged(named.unwrap(), || {
        info_span!(target: "gusset::trace", "http.server", a = 1).in_scope(|| info!("here"));
    });
    assert!(lines[0].contains(r#""spans":[{"name":"http.server","a":1}]"#));
    let lines = logged(builder(Format::Json).without_spans(), || {
        info_span!("mine", a = 1).in_scope(|| info!("here"));
    });
    assert!(!lines[0].contains("mine"));
}

#[test]
fn two_layers_store_span_fields_separately() {
    let (json, text) = (Output::default(), Output::default());
    let first = LogLayer::builder()
        .format(Format::Json)
        .writer(json.clone());
    let second = LogLayer::builder()
        .format(Format::Logfmt)
        .writer(text.clone());
    let first = first.build_with(no_env).unwrap();
    let second = second.build_with(no_env).unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(first.layer)
        .with(second.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        info_span!("mine", a = 1).in_scope(|| info!("here"));
    });
    assert!(first.flush_guard.flush(TEST_TIMEOUT) && second.flush_guard.flush(TEST_TIMEOUT));
    assert!(
        json.text().contains(r#""spans":[{"name":"mine","a":1}]"#),
        "{}",
        json.text()
    );
    assert!(text.text().contains(" mine.a=1"), "{}", text.text());
}

#[test]
fn reserved_field_names_are_prefixed() {
    let line = json(|| info!(level = "mine", trace_id = 7, "here"));
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["field.level"], "mine");
    assert_eq!(line["field.trace_id"], 7);
}

#[test]
fn end_of_a_span_is_logged_by_option() {
    let work = || {
        ids().scope(|| {
            info_span!("work", item = 7).in_scope(|| info!("inside"));
        });
        tracing::debug_span!("hidden").in_scope(|| {});
    };
    assert_eq!(logged(builder(Format::Json), work).len(), 1);
    let lines = logged(
        builder(Format::Json).log_span_end().clock(later_each_time),
        work,
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
    let line: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(line["message"], "work ended");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["target"], "it::spans");
    let seconds = line["gusset.span.duration"].as_f64().unwrap();
    assert!(seconds >= 2.0 && seconds.fract() == 0.0, "{line}");
    assert_eq!(line["spans"], json!([{ "name": "work", "item": 7 }]));
    assert_eq!(line["span_id"], "cd".repeat(8));
}

/// Returns a time that is a second later at each call.
fn later_each_time() -> std::time::SystemTime {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let seconds = SECONDS.fetch_add(1, Ordering::Relaxed);
    fixed_time() + std::time::Duration::from_secs(seconds)
}

#[test]
fn end_of_a_span_is_logged_in_every_format() {
    for format in [
        Format::Ecs,
        Format::google_cloud("p"),
        Format::Datadog,
        Format::Logfmt,
        Format::pretty(false),
    ] {
        let lines = logged(builder(format).log_span_end(), || drop(info_span!("work")));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("work ended"), "{lines:?}");
        assert!(lines[0].contains("duration"), "{lines:?}");
    }
    let lines = logged(builder(Format::Common).log_span_end(), || {
        drop(info_span!("work"));
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn end_of_a_span_is_exported() {
    let records = records_of(builder(Format::Json).log_span_end(), || {
        drop(info_span!("work"));
    });
    assert_eq!(records[0].body, "work ended");
    assert_eq!(records[0].event_name.as_deref(), Some("gusset.span.end"));
    assert_eq!(records[0].attributes[0].0, "gusset.span.duration");
}

#[test]
fn records_have_span_fields_by_option() {
    let work = || {
        info_span!("outer", a = 1, b = 2, c = 3).in_scope(|| {
            let inner = info_span!(
                "inner",
                b = 20,
                password = "hunter2",
                late = Empty,
                message = "m"
            );
            inner.record("late", "redis://me:hunter2@cache");
            inner.in_scope(|| info!(c = 300, "here"));
        });
    };
    let fields = |records: Vec<gusset_data::LogRecord>| -> Vec<String> {
        let attributes = records[0].attributes.iter();
        attributes
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    };
    assert_eq!(fields(records(work)), ["c=300"]);
    for builder in [builder(Format::Json), builder(Format::Json).without_spans()] {
        assert_eq!(
            fields(records_of(builder.export_span_fields(), work)),
            [
                "c=300",
                "b=20",
                "password=REDACTED",
                "message=m",
                "late=redis://REDACTED@cache",
                "a=1"
            ]
        );
    }
}

#[test]
fn exported_span_fields_leave_the_entry_as_it_is() {
    let (with, without) = (RecordingSink::default(), RecordingSink::default());
    let work = || info_span!("work", item = 7).in_scope(|| info!("here"));
    let with = logged(builder(Format::Json).sink(with).export_span_fields(), work);
    let without = logged(builder(Format::Json).sink(without), work);
    assert_eq!(with, without);
}

#[test]
fn control_fields_of_exported_spans_are_omitted() {
    for format in FORMATS {
        let sink = RecordingSink::default();
        let builder = builder(format()).sink(sink.clone()).export_span_fields();
        let lines = logged(builder, || {
            let span = info_span!(
                "call",
                otel.name = "GET /items",
                otel.kind = "server",
                cart = 7,
                otel.status_code = Empty
            );
            span.record("otel.status_code", "ERROR");
            let _entered = span.entered();
            info!(otel.name = "mine", "in the span");
        });
        let shown = lines.join("\n").replace("mine", "");
        assert!(
            !shown.contains("otel.kind") && !shown.contains("GET /items"),
            "{shown}"
        );
        assert!(
            !shown.contains("otel.status") && !shown.contains("ERROR"),
            "{shown}"
        );
        assert!(lines.is_empty() || shown.contains("cart"), "{shown}");
        let records = std::mem::take(&mut *sink.0.lock().unwrap());
        let keys: Vec<_> = records[0]
            .attributes
            .iter()
            .map(|(key, _)| &**key)
            .collect();
        assert_eq!(keys, ["otel.name", "cart"], "the field of the event stays");
    }
}
