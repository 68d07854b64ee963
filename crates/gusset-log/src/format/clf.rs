//! Lines of the Common and the Combined Log Format, as Apache writes them.

use std::fmt::{Debug, Write as _};
use std::ops::Range;

use tracing::field::{Field, Visit};

use super::keys::{Kind, Slot};
use super::line::{Escape, Line, Short, acts};
use super::plain::is_plain;
use super::shape::Plan;
use super::time::Moment;

/// Texts between quotes, as Apache escapes them.
#[derive(Debug)]
pub(crate) enum ClfEscape {}

const SLOTS: usize = 8;

/// The parts of a line, each escaped, in no order; the line is made of them at its end.
#[derive(Debug)]
pub(crate) struct ClfFields<'a> {
    parts: &'a mut Line,
    plans: &'a [Plan],
    at: [Range<usize>; SLOTS],
}

// === impl ClfFields ===

impl<'a> ClfFields<'a> {
    pub(crate) fn new(parts: &'a mut Line, plans: &'a [Plan]) -> Self {
        Self {
            parts,
            plans,
            at: [const { 0..0 }; SLOTS],
        }
    }

    /// `host - - [date] "request" status bytes`, and for Combined `"referer" "user agent"`.
    pub(crate) fn write(&self, line: &mut Line, at: Moment, combined: bool) {
        line.push(self.part(Slot::Client, b"-"));
        line.push(b" - - [");
        line.push(&at.clf());
        line.push(b"] \"");
        line.push(self.part(Slot::Method, b"POST"));
        line.push(b" ");
        line.push(self.part(Slot::Path, b"/"));
        line.push(b" HTTP/");
        match self.part(Slot::Version, b"2") {
            b"2" => line.push(b"2.0"),
            b"3" => line.push(b"3.0"),
            version => line.push(version),
        }
        line.push(b"\" ");
        line.push(self.part(Slot::Status, b"-"));
        line.push(b" ");
        match self.part(Slot::Size, b"-") {
            b"0" => line.push(b"-"),
            size => line.push(size),
        }
        if combined {
            for slot in [Slot::Referer, Slot::UserAgent] {
                line.push(b" \"");
                line.push(self.part(slot, b"-"));
                line.push(b"\"");
            }
        }
        line.push(b"\n");
    }

    fn part<'b>(&'b self, slot: Slot, absent: &'b [u8]) -> &'b [u8] {
        let range = self.at[slot as usize].clone();
        match range.is_empty() {
            true => absent,
            false => &self.parts.bytes()[range],
        }
    }

    fn keep(&mut self, field: &Field, write: impl FnOnce(&mut Line)) {
        let plan = self.plans.get(field.index());
        if let Some(Kind::Slot(slot)) = plan.map(|plan| plan.kind) {
            let start = self.parts.len();
            write(self.parts);
            self.at[slot as usize] = start..self.parts.len();
        }
    }
}

impl Visit for ClfFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, |parts| parts.text::<ClfEscape>(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, |parts| {
            let _ = write!(parts.value::<ClfEscape>(), "{value:?}");
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, |parts| parts.number(value));
    }
}

// === impl ClfEscape ===

impl Escape for ClfEscape {
    fn is_clean(text: &[u8]) -> bool {
        is_plain(text)
    }

    fn escape(c: char, out: &mut Short) -> bool {
        match c {
            '"' => out.put(b"\\\""),
            '\\' => out.put(b"\\\\"),
            '\n' => out.put(b"\\n"),
            '\r' => out.put(b"\\r"),
            '\t' => out.put(b"\\t"),
            c if acts(c) || !c.is_ascii() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out.put(b"\\x");
                    out.hex(byte);
                }
            }
            _ => return false,
        }
        true
    }
}
