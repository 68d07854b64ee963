//! Conversion of ended spans to the types of the OpenTelemetry SDK.

use gusset_data::{
    Attribute, SharedStr, SpanData, SpanEvent, SpanKind, SpanLink, SpanStatus, Value, semconv,
};
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind as OtelKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value as OtelValue};
use opentelemetry_sdk::trace::{SpanData as OtelSpanData, SpanEvents, SpanLinks};

pub(crate) fn convert(span: SpanData) -> OtelSpanData {
    let SpanData {
        trace_id,
        span_id,
        parent_span_id,
        parent_is_remote,
        flags,
        trace_state,
        name,
        kind,
        scope,
        start,
        end,
        attributes,
        dropped_attributes,
        events,
        dropped_events,
        links,
        dropped_links,
        status,
    } = span;
    let state = parse_state(&trace_state);
    OtelSpanData {
        span_context: span_context(trace_id, span_id, flags, state),
        parent_span_id: parent_span_id.map_or(SpanId::INVALID, SpanId::from_bytes),
        parent_span_is_remote: parent_is_remote,
        span_kind: convert_kind(kind),
        name: String::from(name).into(),
        start_time: start,
        end_time: end,
        attributes: convert_attributes(attributes),
        dropped_attributes_count: dropped_attributes,
        events: convert_events(events, dropped_events),
        links: convert_links(links, dropped_links),
        status: convert_status(status),
        instrumentation_scope: InstrumentationScope::builder(String::from(scope))
            .with_schema_url(semconv::SCHEMA_URL)
            .build(),
    }
}

pub(crate) fn convert_kind(kind: SpanKind) -> OtelKind {
    match kind {
        SpanKind::Server => OtelKind::Server,
        SpanKind::Client => OtelKind::Client,
        SpanKind::Producer => OtelKind::Producer,
        SpanKind::Consumer => OtelKind::Consumer,
        _ => OtelKind::Internal,
    }
}

pub(crate) fn convert_status(status: SpanStatus) -> Status {
    match status {
        SpanStatus::Ok => Status::Ok,
        SpanStatus::Error(description) => Status::error(String::from(description)),
        _ => Status::Unset,
    }
}

fn span_context(trace_id: [u8; 16], span_id: [u8; 8], flags: u8, state: TraceState) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(trace_id),
        SpanId::from_bytes(span_id),
        TraceFlags::new(flags),
        false,
        state,
    )
}

fn convert_events(events: Vec<SpanEvent>, dropped: u32) -> SpanEvents {
    let convert = |event: SpanEvent| {
        let attributes = convert_attributes(event.attributes);
        Event::new(String::from(event.name), event.time, attributes, 0)
    };
    let mut converted = SpanEvents::default();
    converted.events = events.into_iter().map(convert).collect();
    converted.dropped_count = dropped;
    converted
}

fn parse_state(text: &str) -> TraceState {
    let members = text.split(',').filter_map(|member| member.split_once('='));
    TraceState::from_key_value(members).unwrap_or_default()
}

fn convert_links(links: Vec<SpanLink>, dropped: u32) -> SpanLinks {
    let mut converted = SpanLinks::default();
    converted.links = links.into_iter().map(convert_link).collect();
    converted.dropped_count = dropped;
    converted
}

pub(crate) fn convert_link(link: SpanLink) -> Link {
    let state = parse_state(&link.trace_state);
    let context = span_context(link.trace_id, link.span_id, link.flags, state);
    Link::new(context, convert_attributes(link.attributes), 0)
}

pub(crate) fn convert_attributes(attributes: Vec<Attribute>) -> Vec<KeyValue> {
    attributes.into_iter().map(convert_attribute).collect()
}

pub(crate) fn convert_attribute((key, value): Attribute) -> KeyValue {
    KeyValue::new(String::from(key), convert_value(value))
}

fn convert_value(value: Value) -> OtelValue {
    match value {
        Value::Bool(value) => OtelValue::Bool(value),
        Value::Int(value) => OtelValue::I64(value),
        Value::Double(value) => OtelValue::F64(value),
        Value::String(text) => OtelValue::String(convert_text(text)),
        Value::StringArray(texts) => {
            let texts = texts.into_iter().map(convert_text).collect();
            OtelValue::Array(Array::String(texts))
        }
        other => OtelValue::String(other.to_string().into()),
    }
}

fn convert_text(text: SharedStr) -> StringValue {
    String::from(text).into()
}
