//! `ExportLogsServiceRequest`.

use gusset_data::{Attribute, LogRecord};

use super::{Field, SCHEMA, SCHEMA_URL, Writer, any_value, resource, scope, unique};

/// The limits of attributes: `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT` and
/// `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogLimits {
    pub(crate) max_attributes: usize,
    /// In characters.
    pub(crate) max_value_length: usize,
}

/// Writes the request. `records` are sorted by scope.
pub(super) fn request<W: Writer>(
    out: &mut W,
    resource_attributes: &[Attribute],
    limits: LogLimits,
    records: &[LogRecord],
) {
    out.list(Field(1, "resourceLogs"), [()], |out, ()| {
        resource(out, resource_attributes);
        let scopes = records.chunk_by(|a, b| a.scope == b.scope);
        out.list(Field(2, "scopeLogs"), scopes, |out, records| {
            scope(out, &records[0].scope);
            out.list(Field(2, "logRecords"), records, |out, one| {
                record(out, limits, one);
            });
            out.string(SCHEMA_URL, SCHEMA);
        });
        out.string(SCHEMA_URL, SCHEMA);
    });
}

fn record<W: Writer>(out: &mut W, limits: LogLimits, record: &LogRecord) {
    let LogLimits {
        max_attributes,
        max_value_length,
    } = limits;
    out.time(Field(1, "timeUnixNano"), record.time);
    out.uint32(Field(2, "severityNumber"), record.severity.number().into());
    out.string(Field(3, "severityText"), record.severity.as_str());
    out.message(Field(5, "body"), |out| {
        out.string(Field(1, "stringValue"), &record.body);
    });
    let kept = unique(&record.attributes).take(max_attributes);
    out.list(Field(6, "attributes"), kept, |out, (name, value)| {
        out.string(Field(1, "key"), name);
        out.message(Field(2, "value"), |out| {
            any_value(out, value, max_value_length);
        });
    });
    let over = unique(&record.attributes)
        .count()
        .saturating_sub(max_attributes);
    let dropped = u32::try_from(over)
        .unwrap_or(u32::MAX)
        .saturating_add(record.dropped_attributes);
    if dropped > 0 {
        out.uint32(Field(7, "droppedAttributesCount"), dropped);
    }
    out.fixed32(Field(8, "flags"), record.flags.into());
    if let Some(id) = &record.trace_id {
        out.id(Field(9, "traceId"), id);
    }
    if let Some(id) = &record.span_id {
        out.id(Field(10, "spanId"), id);
    }
    // The record was created when the event was logged, so both times are the same.
    out.time(Field(11, "observedTimeUnixNano"), record.time);
    if let Some(name) = &record.event_name {
        out.string(Field(12, "eventName"), name);
    }
}
