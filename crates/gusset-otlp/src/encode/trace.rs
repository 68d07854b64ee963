//! `ExportTraceServiceRequest`.

use gusset_data::{Attribute, SpanData, SpanKind, SpanStatus};

use super::{Field, SCHEMA, SCHEMA_URL, Writer, key_values, resource, scope};

/// Writes the request. `spans` are sorted by scope.
pub(super) fn request<W: Writer>(
    out: &mut W,
    resource_attributes: &[Attribute],
    spans: &[SpanData],
) {
    out.list(Field(1, "resourceSpans"), [()], |out, ()| {
        resource(out, resource_attributes);
        let scopes = spans.chunk_by(|a, b| a.scope == b.scope);
        out.list(Field(2, "scopeSpans"), scopes, |out, spans| {
            scope(out, &spans[0].scope);
            out.list(Field(2, "spans"), spans, span);
            out.string(SCHEMA_URL, SCHEMA);
        });
        out.string(SCHEMA_URL, SCHEMA);
    });
}

fn span<W: Writer>(out: &mut W, span: &SpanData) {
    const TRACE_STATE: Field = Field(3, "traceState");
    out.id(Field(1, "traceId"), &span.trace_id);
    out.id(Field(2, "spanId"), &span.span_id);
    if !span.trace_state.is_empty() {
        out.string(TRACE_STATE, &span.trace_state);
    }
    if let Some(parent) = &span.parent_span_id {
        out.id(Field(4, "parentSpanId"), parent);
    }
    out.string(Field(5, "name"), &span.name);
    out.uint32(Field(6, "kind"), kind(span.kind));
    out.time(Field(7, "startTimeUnixNano"), span.start);
    out.time(Field(8, "endTimeUnixNano"), span.end);
    key_values(out, Field(9, "attributes"), &span.attributes);
    dropped_count(
        out,
        Field(10, "droppedAttributesCount"),
        span.dropped_attributes,
    );
    out.list(Field(11, "events"), &span.events, |out, event| {
        out.time(Field(1, "timeUnixNano"), event.time);
        out.string(Field(2, "name"), &event.name);
        key_values(out, Field(3, "attributes"), &event.attributes);
    });
    dropped_count(out, Field(12, "droppedEventsCount"), span.dropped_events);
    out.list(Field(13, "links"), &span.links, |out, link| {
        out.id(Field(1, "traceId"), &link.trace_id);
        out.id(Field(2, "spanId"), &link.span_id);
        if !link.trace_state.is_empty() {
            out.string(TRACE_STATE, &link.trace_state);
        }
        key_values(out, Field(4, "attributes"), &link.attributes);
        out.fixed32(Field(6, "flags"), link.flags.into());
    });
    dropped_count(out, Field(14, "droppedLinksCount"), span.dropped_links);
    status(out, &span.status);
    out.fixed32(Field(16, "flags"), flags(span));
}

fn status<W: Writer>(out: &mut W, status: &SpanStatus) {
    let (code, message) = match status {
        SpanStatus::Ok => (1, ""),
        SpanStatus::Error(message) => (2, &**message),
        _ => return,
    };
    out.message(Field(15, "status"), |out| {
        if !message.is_empty() {
            out.string(Field(2, "message"), message);
        }
        out.uint32(Field(3, "code"), code);
    });
}

fn dropped_count<W: Writer>(out: &mut W, field: Field, count: u32) {
    if count > 0 {
        out.uint32(field, count);
    }
}

fn kind(kind: SpanKind) -> u32 {
    match kind {
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
        _ => 1,
    }
}

/// Returns the flags: the W3C flags in the low byte, bit 8 for "it is known whether the parent is remote"
/// and bit 9 for "the parent is remote".
fn flags(span: &SpanData) -> u32 {
    u32::from(span.flags) | 1 << 8 | u32::from(span.parent_is_remote) << 9
}
