//! Writes the fields of an entry in one of the formats.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Debug, Write as _};

use gusset_data::ErrorChain;
use tracing::field::{Field, Visit};

use super::line_buffer::{Escape, LineBuffer};
use super::schema::ValueKind;
use crate::redact::Redaction;

pub(crate) trait WriteField {
    /// Writes the key of a field. Returns how to write the value, or `None` if it is already complete.
    fn key(&mut self, field: &Field) -> Option<ValueKind>;

    fn text(&mut self, text: &str);

    fn debug(&mut self, value: &dyn Debug);

    fn float(&mut self, number: f64, kind: ValueKind);

    /// Writes an integer or a boolean.
    fn literal(&mut self, text: &str, kind: ValueKind);
}

/// Passes each field to a [`WriteField`].
pub(crate) struct FieldVisitor<W>(pub(crate) W);

impl<W: WriteField> Visit for FieldVisitor<W> {
    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.0.key(field).is_some() {
            self.0.text(value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &ErrorChain::new(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.0.key(field).is_some() {
            self.0.debug(value);
        }
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        // Only as many are converted as can be logged: there may be megabytes.
        let text = String::from_utf8_lossy(&value[..value.len().min(1 << 16)]);
        self.record_str(field, &text);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if let Some(kind) = self.0.key(field) {
            self.0.literal(itoa::Buffer::new().format(value), kind);
        }
    }

    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        if let Some(kind) = self.0.key(field) {
            self.0.literal(itoa::Buffer::new().format(value), kind);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if let Some(kind) = self.0.key(field) {
            self.0.literal(if value { "true" } else { "false" }, kind);
        }
    }

    #[inline]
    fn record_f64(&mut self, field: &Field, value: f64) {
        if let Some(kind) = self.0.key(field) {
            self.0.float(value, kind);
        }
    }
}

pub(super) fn redacted<'a>(redaction: Option<&Redaction>, text: &'a str) -> Cow<'a, str> {
    match redaction {
        Some(redaction) if redaction.may_contain_secret(text.as_bytes()) => redaction.redact(text),
        _ => Cow::Borrowed(text),
    }
}

/// Writes a value by its `Debug` implementation, without its secrets.
#[inline]
pub(super) fn debug<E: Escape>(
    line: &mut LineBuffer,
    redaction: Option<&Redaction>,
    value: &dyn Debug,
) {
    let start = line.len();
    // It fails if the value is cut, which the line records.
    let _ = write!(line.value::<E>(), "{value:?}");
    if let Some(redaction) = redaction {
        if redaction.may_contain_secret(&line.bytes()[start..]) {
            line.truncate(start);
            line.text::<E>(&redaction.redact_debug(value));
        }
    }
}

/// Returns the whole nanoseconds of a duration in seconds.
#[inline]
pub(super) fn seconds_to_nanos(seconds: f64) -> u64 {
    (seconds * 1e9 + 0.5) as u64
}
