//! `ExportLogsServiceRequest`.

use gusset_data::{Attribute, LogRecord};

use super::{Field, Writer, any, resource, scope};

/// `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT` and `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) count: usize,
    pub(crate) length: usize,
}

/// Records are sorted by scope.
pub(super) fn request<W: Writer>(
    to: &mut W,
    of: &[Attribute],
    limits: Limits,
    records: &[LogRecord],
) {
    to.list(Field(1, "resourceLogs"), [()], |to, ()| {
        resource(to, of);
        let scopes = records.chunk_by(|a, b| a.scope == b.scope);
        to.list(Field(2, "scopeLogs"), scopes, |to, records| {
            scope(to, &records[0].scope);
            to.list(Field(2, "logRecords"), records, |to, one| {
                record(to, limits, one);
            });
        });
    });
}

fn record<W: Writer>(to: &mut W, Limits { count, length }: Limits, record: &LogRecord) {
    to.time(Field(1, "timeUnixNano"), record.time);
    to.uint32(Field(2, "severityNumber"), record.severity.number().into());
    to.text(Field(3, "severityText"), record.severity.as_str());
    to.message(Field(5, "body"), |to| {
        to.text(Field(1, "stringValue"), &record.body);
    });
    let kept = record.attributes.iter().take(count);
    to.list(Field(6, "attributes"), kept, |to, (name, value)| {
        to.text(Field(1, "key"), name);
        to.message(Field(2, "value"), |to| any(to, value, length));
    });
    let over = record.attributes.len().saturating_sub(count);
    let dropped = u32::try_from(over)
        .unwrap_or(u32::MAX)
        .saturating_add(record.dropped_attributes);
    if dropped > 0 {
        to.uint32(Field(7, "droppedAttributesCount"), dropped);
    }
    to.fixed32(Field(8, "flags"), record.flags.into());
    if let Some(id) = &record.trace_id {
        to.id(Field(9, "traceId"), id);
    }
    if let Some(id) = &record.span_id {
        to.id(Field(10, "spanId"), id);
    }
    // Seen when it happened: nothing stands between.
    to.time(Field(11, "observedTimeUnixNano"), record.time);
    if let Some(name) = &record.event_name {
        to.text(Field(12, "eventName"), name);
    }
}
