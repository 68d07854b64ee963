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
    tracing::subscriber::with_default(subscriber, || {
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
