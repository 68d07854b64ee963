//! `ExportTraceServiceRequest`.

use gusset_data::{Attribute, SpanData, SpanKind, SpanStatus};

use super::{Field, Writer, pairs, resource, scope};

/// Spans are sorted by scope.
pub(super) fn request<W: Writer>(to: &mut W, of: &[Attribute], spans: &[SpanData]) {
    to.list(Field(1, "resourceSpans"), [()], |to, ()| {
        resource(to, of);
        let scopes = spans.chunk_by(|a, b| a.scope == b.scope);
        to.list(Field(2, "scopeSpans"), scopes, |to, spans| {
            scope(to, &spans[0].scope);
            to.list(Field(2, "spans"), spans, span);
        });
    });
}

fn span<W: Writer>(to: &mut W, span: &SpanData) {
    const TRACE_STATE: Field = Field(3, "traceState");
    to.id(Field(1, "traceId"), &span.trace_id);
    to.id(Field(2, "spanId"), &span.span_id);
    if !span.trace_state.is_empty() {
        to.text(TRACE_STATE, &span.trace_state);
    }
    if let Some(parent) = &span.parent_span_id {
        to.id(Field(4, "parentSpanId"), parent);
    }
    to.text(Field(5, "name"), &span.name);
    to.uint32(Field(6, "kind"), kind(span.kind));
    to.time(Field(7, "startTimeUnixNano"), span.start);
    to.time(Field(8, "endTimeUnixNano"), span.end);
    pairs(to, Field(9, "attributes"), &span.attributes);
    dropped(
        to,
        Field(10, "droppedAttributesCount"),
        span.dropped_attributes,
    );
    to.list(Field(11, "events"), &span.events, |to, event| {
        to.time(Field(1, "timeUnixNano"), event.time);
        to.text(Field(2, "name"), &event.name);
        pairs(to, Field(3, "attributes"), &event.attributes);
    });
    dropped(to, Field(12, "droppedEventsCount"), span.dropped_events);
    to.list(Field(13, "links"), &span.links, |to, link| {
        to.id(Field(1, "traceId"), &link.trace_id);
        to.id(Field(2, "spanId"), &link.span_id);
        pairs(to, Field(4, "attributes"), &link.attributes);
        to.fixed32(Field(6, "flags"), link.flags.into());
    });
    dropped(to, Field(14, "droppedLinksCount"), span.dropped_links);
    status(to, &span.status);
    to.fixed32(Field(16, "flags"), flags(span));
}

fn status<W: Writer>(to: &mut W, status: &SpanStatus) {
    let (code, message) = match status {
        SpanStatus::Ok => (1, ""),
        SpanStatus::Error(message) => (2, &**message),
        _ => return,
    };
    to.message(Field(15, "status"), |to| {
        if !message.is_empty() {
            to.text(Field(2, "message"), message);
        }
        to.uint32(Field(3, "code"), code);
    });
}

fn dropped<W: Writer>(to: &mut W, field: Field, count: u32) {
    if count > 0 {
        to.uint32(field, count);
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

/// W3C's flags in the low byte; above them, that it is known whether the parent is remote (bit 8), and
/// whether it is (bit 9).
fn flags(span: &SpanData) -> u32 {
    u32::from(span.flags) | 1 << 8 | u32::from(span.parent_is_remote) << 9
}
