//! Entries of `key=value` pairs.

use std::fmt::Debug;

use tracing::field::{Field, Visit};

use super::frame::is_bare;
use super::json_escape::JsonEscape;
use super::line_buffer::LineBuffer;
use super::schema::ValueKind;
use super::template::FieldTemplate;
use super::value::{self, seconds_to_nanos};
use crate::redact::{REDACTED, Redaction};

/// Writes the fields of an entry.
#[derive(Debug)]
pub(crate) struct LogfmtFields<'a> {
    pub(crate) line: &'a mut LineBuffer,
    pub(crate) fields: &'a [FieldTemplate],
    pub(crate) redaction: Option<&'a Redaction>,
}

// === impl LogfmtFields ===

impl LogfmtFields<'_> {
    fn key(&mut self, field: &Field) -> Option<ValueKind> {
        let template = self.fields.get(field.index())?;
        if template.kind == ValueKind::Hidden || !self.line.has_room(template.key.len() + 48) {
            return None;
        }
        self.line.push(&template.key);
        if template.kind == ValueKind::Redacted {
            self.line.push(REDACTED.as_bytes());
            return None;
        }
        Some(template.kind)
    }

    /// Writes a text, in quotes if it needs them.
    fn text(&mut self, text: &str) {
        let redaction = self
            .redaction
            .filter(|redaction| redaction.may_contain_secret(text.as_bytes()));
        let redacted = redaction.map(|redaction| redaction.redact(text));
        let text = redacted.as_deref().unwrap_or(text);
        if is_bare(text) {
            self.line.text::<JsonEscape>(text);
            return;
        }
        self.line.push(b"\"");
        self.line.text::<JsonEscape>(text);
        self.line.push(b"\"");
    }

    fn bare(&mut self, field: &Field, text: &str) {
        if self.key(field).is_some() {
            self.line.push(text.as_bytes());
        }
    }
}

impl Visit for LogfmtFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.key(field).is_some() {
            self.text(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.key(field).is_none() {
            return;
        }
        self.line.push(b"\"");
        value::debug::<JsonEscape>(self.line, self.redaction, value);
        self.line.push(b"\"");
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        if self.key(field).is_some() {
            self.text(&value::lossy(value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, itoa::Buffer::new().format(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, if value { "true" } else { "false" });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match self.key(field) {
            None => {}
            Some(ValueKind::Seconds) => self.line.seconds(seconds_to_nanos(value)),
            Some(_) => self.line.float(value),
        }
    }
}
