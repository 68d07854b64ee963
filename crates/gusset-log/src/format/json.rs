//! Entries that are JSON objects.

use std::fmt::Debug;

use gusset_core::SpanIds;
use tracing::field::Field;

use super::json_escape::JsonEscape;
use super::line_buffer::LineBuffer;
use super::output::Format;
use super::schema::{JsonSchema, ValueKind};
use super::template::{CallsiteTemplate, FieldTemplate};
use super::time::Timestamp;
use super::visit::{self, FieldVisitor, WriteField, seconds_to_nanos};
use crate::redact::{REDACTED, Redaction};

pub(crate) struct JsonFields<'a> {
    pub(crate) line: &'a mut LineBuffer,
    pub(crate) fields: &'a [FieldTemplate],
    pub(crate) redaction: Option<&'a Redaction>,
    /// Whether `skip` and `only` apply or fields are grouped.
    pub(crate) is_selective: bool,
    /// The index of a field that was already written.
    pub(crate) skip: Option<usize>,
    /// The index of the only field to write.
    pub(crate) only: Option<usize>,
    pub(crate) in_group: bool,
    pub(crate) has_route: bool,
}

// === impl JsonFields ===

impl<'a> JsonFields<'a> {
    #[inline]
    pub(crate) fn new(
        line: &'a mut LineBuffer,
        fields: &'a [FieldTemplate],
        redaction: Option<&'a Redaction>,
    ) -> FieldVisitor<Self> {
        FieldVisitor(Self {
            line,
            fields,
            redaction,
            is_selective: false,
            skip: None,
            only: None,
            in_group: false,
            has_route: false,
        })
    }

    fn special_key(&mut self, index: usize, template: &FieldTemplate) -> Option<ValueKind> {
        if self.skip == Some(index) || self.only.is_some_and(|only| only != index) {
            return None;
        }
        if template.kind == ValueKind::Hidden || !self.line.has_room(template.key.len() + 48) {
            return None;
        }
        self.has_route |= template.is_route;
        if template.is_grouped == self.in_group {
            self.line.push(&template.key);
        } else if template.is_grouped {
            self.in_group = true;
            self.line.push(b",\"httpRequest\":{");
            self.line.push(&template.key[1..]);
        } else {
            self.close_group();
            self.line.push(&template.key);
        }
        if template.kind == ValueKind::Redacted {
            self.line.byte(b'"');
            self.line.push(REDACTED.as_bytes());
            self.line.byte(b'"');
            return None;
        }
        Some(template.kind)
    }

    pub(crate) fn close_group(&mut self) {
        if self.in_group {
            self.in_group = false;
            self.line.push(b"}");
        }
    }

    fn quoted(&mut self, text: &str) {
        self.line.byte(b'"');
        self.line.push(text.as_bytes());
        self.line.byte(b'"');
    }
}

impl WriteField for JsonFields<'_> {
    #[inline]
    fn key(&mut self, field: &Field) -> Option<ValueKind> {
        let index = field.index();
        let template = self.fields.get(index)?;
        // Most fields of most formats take this path.
        if template.is_simple && !self.is_selective && self.line.has_room(template.key.len() + 48) {
            self.line.push(&template.key);
            return Some(template.kind);
        }
        self.special_key(index, template)
    }

    fn text(&mut self, text: &str) {
        self.line.byte(b'"');
        let start = self.line.len();
        self.line.text::<JsonEscape>(text);
        if let Some(redaction) = self.redaction {
            if redaction.may_contain_secret(&self.line.bytes()[start..]) {
                self.line.truncate(start);
                let redacted = redaction.redact(text);
                self.line.text::<JsonEscape>(&redacted);
            }
        }
        self.line.byte(b'"');
    }

    fn debug(&mut self, value: &dyn Debug) {
        self.line.byte(b'"');
        visit::debug::<JsonEscape>(self.line, self.redaction, value);
        self.line.byte(b'"');
    }

    #[inline]
    fn literal(&mut self, text: &str, kind: ValueKind) {
        match kind {
            ValueKind::Quoted => self.quoted(text),
            _ => self.line.push(text.as_bytes()),
        }
    }

    #[inline]
    fn float(&mut self, number: f64, kind: ValueKind) {
        match kind {
            ValueKind::Seconds => self.line.seconds(seconds_to_nanos(number)),
            ValueKind::Nanos => self.line.number(seconds_to_nanos(number)),
            ValueKind::Latency => {
                self.line.byte(b'"');
                self.line.seconds(seconds_to_nanos(number));
                self.line.push(b"s\"");
            }
            kind if kind == ValueKind::Quoted || !number.is_finite() => {
                self.quoted(ryu::Buffer::new().format(number));
            }
            _ => self.line.float(number),
        }
    }
}

/// Returns whether an object has the key of an encoded field: `,"key":value`. Quotes inside of texts are
/// escaped, so that no text contains a key in this form.
pub(crate) fn has_key_of(object: &[u8], field: &[u8]) -> bool {
    let end = field.windows(2).position(|two| two == b"\":");
    let key = &field[..end.map_or(field.len(), |end| end + 2)];
    object.windows(key.len()).any(|window| window == key)
}

pub(crate) fn ids(format: &Format, line: &mut LineBuffer, ids: SpanIds) {
    let (trace, span) = (ids.trace_id(), ids.span_id());
    match format {
        Format::Ecs => {
            line.push(b",\"trace.id\":\"");
            line.hex(trace);
            line.push(b"\",\"span.id\":\"");
            line.hex(span);
            line.byte(b'"');
        }
        Format::GoogleCloud { project } => {
            line.push(b",\"logging.googleapis.com/trace\":\"");
            if let Some(project) = project {
                line.push(b"projects/");
                line.push(project.as_bytes());
                line.push(b"/traces/");
            }
            line.hex(trace);
            line.push(b"\",\"logging.googleapis.com/spanId\":\"");
            line.hex(span);
            line.push(b"\",\"logging.googleapis.com/trace_sampled\":");
            line.push(if ids.is_sampled() { b"true" } else { b"false" });
        }
        _ => {
            line.push(b",\"trace_id\":\"");
            line.hex(trace);
            line.push(b"\",\"span_id\":\"");
            line.hex(span);
            line.push(b"\",\"trace_flags\":\"");
            line.hex([ids.flags()]);
            line.push(b"\"");
        }
    }
    if *format == Format::Datadog {
        let [.., a, b, c, d, e, f, g, h] = trace;
        line.push(b",\"dd.trace_id\":\"");
        line.number(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        line.push(b"\",\"dd.span_id\":\"");
        line.number(u64::from_be_bytes(span));
        line.byte(b'"');
    }
}

pub(crate) fn request_id(format: &Format, line: &mut LineBuffer, id: &str) {
    line.push(JsonSchema::of_format(format).request_id);
    line.text::<JsonEscape>(id);
    line.byte(b'"');
}

/// Writes the metric of an access log entry in the Embedded Metric Format.
pub(crate) fn emf(
    template: &CallsiteTemplate,
    line: &mut LineBuffer,
    at: Timestamp,
    has_route: bool,
) {
    if let Some(tails) = &template.emf {
        line.push(b",\"_aws\":{\"Timestamp\":");
        line.number(at.seconds * 1000 + u64::from(at.nanos / 1_000_000));
        line.push(&tails[usize::from(has_route)]);
    }
}
