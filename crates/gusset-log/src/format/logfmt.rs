//! Entries of `key=value` pairs.

use std::fmt::Debug;

use tracing::field::Field;

use super::frame::is_bare;
use super::json_escape::JsonEscape;
use super::line_buffer::LineBuffer;
use super::schema::ValueKind;
use super::template::FieldTemplate;
use super::visit::{self, WriteField, seconds_to_nanos};
use crate::redact::{REDACTED, Redaction};

pub(crate) struct LogfmtFields<'a> {
    pub(crate) line: &'a mut LineBuffer,
    pub(crate) fields: &'a [FieldTemplate],
    pub(crate) redaction: Option<&'a Redaction>,
}

impl WriteField for LogfmtFields<'_> {
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

    fn text(&mut self, text: &str) {
        push_text(self.line, &visit::redacted(self.redaction, text));
    }

    fn debug(&mut self, value: &dyn Debug) {
        self.line.push(b"\"");
        visit::debug::<JsonEscape>(self.line, self.redaction, value);
        self.line.push(b"\"");
    }

    fn literal(&mut self, text: &str, _: ValueKind) {
        self.line.push(text.as_bytes());
    }

    fn float(&mut self, number: f64, kind: ValueKind) {
        match kind {
            ValueKind::Seconds => self.line.seconds(seconds_to_nanos(number)),
            _ => self.line.float(number),
        }
    }
}

/// Writes a text, in quotes if it needs them.
pub(super) fn push_text(line: &mut LineBuffer, text: &str) {
    let quotes: &[u8] = if is_bare(text) { b"" } else { b"\"" };
    line.push(quotes);
    line.text::<JsonEscape>(text);
    line.push(quotes);
}

/// Returns whether an entry has the key of an encoded field: ` key=value`.
pub(crate) fn has_key_of(entry: &[u8], field: &[u8]) -> bool {
    let end = field.iter().position(|byte| *byte == b'=');
    let key = &field[..end.map_or(field.len(), |end| end + 1)];
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, byte) in entry.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            // A text that a client chose may look like a key.
            b' ' if !is_quoted && entry[at..].starts_with(key) => return true,
            _ => {}
        }
    }
    false
}
