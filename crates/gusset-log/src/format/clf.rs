//! The Common and the Combined Log Format, as Apache writes them.

use std::fmt::Debug;
use std::ops::Range;

use tracing::field::{Field, Visit};

use super::escape_scan::needs_no_escape;
use super::line_buffer::{Escape, EscapeSeq, LineBuffer, is_unsafe};
use super::schema::{ClfPart, ValueKind};
use super::template::FieldTemplate;
use super::time::Timestamp;
use super::visit;
use crate::redact::Redaction;

/// The escaping of quoted texts, as in Apache.
pub(crate) enum ClfEscape {}

/// The number of variants of [`ClfPart`].
const PARTS: usize = 9;

/// Collects the escaped parts of an entry in the order of the fields. [`write`](Self::write) puts
/// them into the order of the format.
pub(crate) struct ClfFields<'a> {
    parts: &'a mut LineBuffer,
    fields: &'a [FieldTemplate],
    redaction: Option<&'a Redaction>,
    at: [Range<usize>; PARTS],
}

// === impl ClfFields ===

impl<'a> ClfFields<'a> {
    pub(crate) fn new(
        parts: &'a mut LineBuffer,
        fields: &'a [FieldTemplate],
        redaction: Option<&'a Redaction>,
    ) -> Self {
        Self {
            parts,
            fields,
            redaction,
            at: [const { 0..0 }; PARTS],
        }
    }

    /// Writes `host - - [date] "request" status bytes`, and for the Combined Log Format also
    /// `"referer" "user agent"`.
    pub(crate) fn write(&self, line: &mut LineBuffer, at: Timestamp, combined: bool) {
        // Readers expect an address. This one means that it is not known (RFC 1122, 3.2.1.3).
        line.push(self.part(ClfPart::Client, b"0.0.0.0"));
        line.push(b" - - [");
        line.push(&at.clf());
        line.push(b"] \"");
        line.push(self.part(ClfPart::Method, b"POST"));
        line.push(b" ");
        line.push(self.part(ClfPart::Path, self.part(ClfPart::Route, b"/")));
        line.push(b" HTTP/");
        match self.part(ClfPart::Version, b"2") {
            b"2" => line.push(b"2.0"),
            b"3" => line.push(b"3.0"),
            version => line.push(version),
        }
        line.push(b"\" ");
        line.push(self.part(ClfPart::Status, b"-"));
        line.push(b" ");
        match self.part(ClfPart::Size, b"-") {
            b"0" => line.push(b"-"),
            size => line.push(size),
        }
        if combined {
            for part in [ClfPart::Referer, ClfPart::UserAgent] {
                line.push(b" \"");
                line.push(self.part(part, b"-"));
                line.push(b"\"");
            }
        }
        line.push(b"\n");
    }

    fn part<'b>(&'b self, part: ClfPart, absent: &'b [u8]) -> &'b [u8] {
        let range = self.at[part as usize].clone();
        match range.is_empty() {
            true => absent,
            false => &self.parts.bytes()[range],
        }
    }

    fn collect(&mut self, field: &Field, write: impl FnOnce(&mut LineBuffer)) {
        let template = self.fields.get(field.index());
        if let Some(ValueKind::Clf(part)) = template.map(|template| template.kind) {
            let start = self.parts.len();
            write(self.parts);
            self.at[part as usize] = start..self.parts.len();
        }
    }
}

impl Visit for ClfFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = visit::redacted(self.redaction, value);
        self.collect(field, |parts| parts.text::<ClfEscape>(&value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let redaction = self.redaction;
        self.collect(field, |parts| {
            visit::debug::<ClfEscape>(parts, redaction, value);
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.collect(field, |parts| parts.number(value));
    }
}

// === impl ClfEscape ===

impl Escape for ClfEscape {
    fn is_clean(text: &[u8]) -> bool {
        needs_no_escape(text)
    }

    fn escape(c: char, out: &mut EscapeSeq) -> bool {
        match c {
            '"' => out.append(b"\\\""),
            '\\' => out.append(b"\\\\"),
            '\n' => out.append(b"\\n"),
            '\r' => out.append(b"\\r"),
            '\t' => out.append(b"\\t"),
            c if is_unsafe(c) || !c.is_ascii() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out.append(b"\\x");
                    out.hex(byte);
                }
            }
            _ => return false,
        }
        true
    }
}
