//! The format for people.

use std::fmt::Debug;

use gusset_core::SpanIds;
use tracing::Level;
use tracing::field::Field;

use super::line_buffer::{Escape, EscapeSeq, LineBuffer, is_unsafe};
use super::schema::ValueKind;
use super::template::FieldTemplate;
use super::units;
use super::visit::{self, WriteField};
use crate::names;
use crate::redact::{REDACTED, Redaction};

pub(crate) enum PrettyEscape {}

/// Writes ANSI colours, if they are enabled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style(pub(crate) bool);

pub(crate) struct PrettyFields<'a> {
    pub(crate) line: &'a mut LineBuffer,
    pub(crate) fields: &'a [FieldTemplate],
    pub(crate) redaction: Option<&'a Redaction>,
    pub(crate) style: Style,
    /// Whether to write the message alone or the other fields.
    pub(crate) only_message: bool,
    /// Which fields are omitted, by their names.
    pub(crate) omitted: &'a dyn Fn(&str) -> bool,
}

/// The fields of access log entries that the message contains.
pub(crate) const IN_MESSAGE: [&str; 4] = [
    names::HTTP_REQUEST_METHOD,
    names::HTTP_RESPONSE_STATUS_CODE,
    names::HTTP_ROUTE,
    names::RPC_SYSTEM_NAME,
];

// === impl Style ===

impl Style {
    const DIM: &'static [u8] = b"\x1b[2m";
    const OFF: &'static [u8] = b"\x1b[0m";

    fn set(self, line: &mut LineBuffer, code: &[u8]) {
        if self.0 {
            line.push(code);
        }
    }

    /// Writes the part before the message: time, level, target.
    pub(crate) fn head(self, line: &mut LineBuffer, timestamp: &[u8], level: Level, target: &str) {
        self.set(line, Self::DIM);
        line.push(timestamp);
        self.set(line, Self::OFF);
        let (code, name): (&[u8], &[u8]) = match level {
            Level::TRACE => (b"\x1b[35m", b" TRACE "),
            Level::DEBUG => (b"\x1b[34m", b" DEBUG "),
            Level::INFO => (b"\x1b[32m", b"  INFO "),
            Level::WARN => (b"\x1b[33m", b"  WARN "),
            Level::ERROR => (b"\x1b[31m", b" ERROR "),
        };
        self.set(line, code);
        line.push(name);
        self.set(line, Self::OFF);
        if target != names::ACCESS_TARGET {
            self.set(line, Self::DIM);
            line.text::<PrettyEscape>(target);
            line.push(b":");
            self.set(line, Self::OFF);
            line.push(b" ");
        }
    }

    /// Writes a text in the colour of keys.
    pub(crate) fn dimmed(self, line: &mut LineBuffer, text: &[u8]) {
        if !text.is_empty() {
            self.set(line, Self::DIM);
            line.push(text);
            self.set(line, Self::OFF);
        }
    }

    /// Writes the key of a field, up to its value.
    pub(super) fn key(self, line: &mut LineBuffer, key: &str) {
        self.set(line, Self::DIM);
        line.text::<PrettyEscape>(key);
        line.push(b"=");
        self.set(line, Self::OFF);
    }

    /// Writes the start of an id.
    pub(super) fn dimmed_hex(self, line: &mut LineBuffer, bytes: [u8; 4]) {
        self.set(line, Self::DIM);
        line.push(b" ");
        line.hex(bytes);
        self.set(line, Self::OFF);
    }

    /// Writes the ids after the fields.
    pub(crate) fn ids(self, line: &mut LineBuffer, ids: Option<SpanIds>, request_id: Option<&str>) {
        self.set(line, Self::DIM);
        if let Some(ids) = ids {
            line.push(b" trace_id=");
            line.hex(ids.trace_id());
        }
        if let Some(id) = request_id {
            line.push(b" request_id=");
            line.text::<PrettyEscape>(id);
        }
        self.set(line, Self::OFF);
    }
}

impl WriteField for PrettyFields<'_> {
    fn key(&mut self, field: &Field) -> Option<ValueKind> {
        let template = self.fields.get(field.index())?;
        let is_message = template.kind == ValueKind::Message;
        if template.kind == ValueKind::Hidden || is_message != self.only_message {
            return None;
        }
        if !self.line.has_room(template.key.len() + 64) {
            return None;
        }
        if (self.omitted)(field.name()) {
            return None;
        }
        if !is_message {
            self.line.push(b" ");
            let key = String::from_utf8_lossy(&template.key);
            self.style.key(self.line, &key);
        }
        if template.kind == ValueKind::Redacted {
            self.line.push(REDACTED.as_bytes());
            return None;
        }
        Some(template.kind)
    }

    fn text(&mut self, text: &str) {
        let text = visit::redacted(self.redaction, text);
        self.line.text::<PrettyEscape>(&text);
    }

    fn debug(&mut self, value: &dyn Debug) {
        visit::debug::<PrettyEscape>(self.line, self.redaction, value);
    }

    fn literal(&mut self, text: &str, _: ValueKind) {
        self.line.push(text.as_bytes());
    }

    fn float(&mut self, number: f64, kind: ValueKind) {
        match kind {
            ValueKind::Seconds => units::duration(self.line, number),
            _ => self.line.float(number),
        }
    }
}

// === impl PrettyEscape ===

impl Escape for PrettyEscape {
    fn is_clean(text: &[u8]) -> bool {
        text.iter().all(|byte| (0x20..0x7f).contains(byte))
    }

    fn escape(c: char, out: &mut EscapeSeq) -> bool {
        match c {
            '\n' => out.append(b"\\n"),
            '\r' => out.append(b"\\r"),
            '\t' => out.append(b"\\t"),
            c if is_unsafe(c) => {
                out.append(b"\\u{");
                // None of them has more than four digits.
                out.hex((c as u32 >> 8) as u8);
                out.hex(c as u8);
                out.append(b"}");
            }
            _ => return false,
        }
        true
    }
}
