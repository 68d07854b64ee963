//! Lines for people.

use std::fmt::Debug;

use gusset_core::SpanIds;
use tracing::Level;
use tracing::field::{Field, Visit};

use super::json::nanos;
use super::keys::Kind;
use super::line::{Escape, Line, Short, acts};
use super::shape::Plan;
use super::value;
use crate::names;
use crate::redact::{REDACTED, Redaction};

/// Texts that a terminal shows and does not act on.
#[derive(Debug)]
pub(crate) enum PrettyEscape {}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) bool);

/// Writes the fields of a line.
#[derive(Debug)]
pub(crate) struct PrettyFields<'a> {
    pub(crate) line: &'a mut Line,
    pub(crate) plans: &'a [Plan],
    pub(crate) redaction: Option<&'a Redaction>,
    pub(crate) paint: Paint,
    /// The message is wanted, and nothing else; or all but it.
    pub(crate) message: bool,
    pub(crate) is_access: bool,
}

// === impl Paint ===

impl Paint {
    const DIM: &'static [u8] = b"\x1b[2m";
    const OFF: &'static [u8] = b"\x1b[0m";

    fn on(self, line: &mut Line, code: &[u8]) {
        if self.0 {
            line.push(code);
        }
    }

    /// What stands before the message: time, level, target.
    pub(crate) fn head(self, line: &mut Line, stamp: &[u8], level: Level, target: &str) {
        self.on(line, Self::DIM);
        line.push(stamp);
        self.on(line, Self::OFF);
        let (code, word): (&[u8], &[u8]) = match level {
            Level::TRACE => (b"\x1b[35m", b" TRACE "),
            Level::DEBUG => (b"\x1b[34m", b" DEBUG "),
            Level::INFO => (b"\x1b[32m", b"  INFO "),
            Level::WARN => (b"\x1b[33m", b"  WARN "),
            Level::ERROR => (b"\x1b[31m", b" ERROR "),
        };
        self.on(line, code);
        line.push(word);
        self.on(line, Self::OFF);
        if target != names::ACCESS {
            self.on(line, Self::DIM);
            line.text::<PrettyEscape>(target);
            line.push(b":");
            self.on(line, Self::OFF);
            line.push(b" ");
        }
    }

    /// What stands after the fields: whose line it is.
    pub(crate) fn ids(self, line: &mut Line, ids: Option<SpanIds>, request_id: Option<&str>) {
        self.on(line, Self::DIM);
        if let Some(ids) = ids {
            line.push(b" trace_id=");
            line.hex(ids.trace_id());
        }
        if let Some(id) = request_id {
            line.push(b" request_id=");
            line.text::<PrettyEscape>(id);
        }
        self.on(line, Self::OFF);
    }
}

// === impl PrettyFields ===

impl PrettyFields<'_> {
    fn key(&mut self, field: &Field) -> Option<Kind> {
        let plan = self.plans.get(field.index())?;
        let is_message = plan.kind == Kind::Message;
        if is_message != self.message || !self.line.has_room(plan.key.len() + 64) {
            return None;
        }
        // The message has said it.
        let said = [
            names::METHOD,
            names::STATUS,
            names::ROUTE,
            names::RPC_SYSTEM,
        ];
        if self.is_access && said.iter().any(|said| said.as_bytes() == &*plan.key) {
            return None;
        }
        if !is_message {
            self.line.push(b" ");
            self.paint.on(self.line, Paint::DIM);
            self.line
                .text::<PrettyEscape>(&String::from_utf8_lossy(&plan.key));
            self.line.push(b"=");
            self.paint.on(self.line, Paint::OFF);
        }
        if plan.kind == Kind::Redacted {
            self.line.push(REDACTED.as_bytes());
            return None;
        }
        Some(plan.kind)
    }

    fn bare(&mut self, field: &Field, text: &str) {
        if self.key(field).is_some() {
            self.line.push(text.as_bytes());
        }
    }
}

impl Visit for PrettyFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.key(field).is_some() {
            let suspected = self
                .redaction
                .filter(|redaction| redaction.suspects(value.as_bytes()));
            let scrubbed = suspected.map(|redaction| redaction.scrub(value));
            self.line
                .text::<PrettyEscape>(scrubbed.as_deref().unwrap_or(value));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.key(field).is_none() {
            return;
        }
        value::debug::<PrettyEscape>(self.line, self.redaction, value);
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.record_str(field, &value::lossy(value));
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
            Some(Kind::Seconds) => {
                let micros = nanos(value) / 1000;
                self.line.number(micros / 1000);
                self.line.push(b".");
                let digits = [100, 10, 1].map(|unit| b'0' + (micros / unit % 10) as u8);
                self.line.push(&digits);
                self.line.push(b"ms");
            }
            Some(_) => self.line.float(value),
        }
    }
}

// === impl PrettyEscape ===

impl Escape for PrettyEscape {
    fn is_clean(text: &[u8]) -> bool {
        text.iter().all(|byte| (0x20..0x7f).contains(byte))
    }

    fn escape(c: char, out: &mut Short) -> bool {
        match c {
            '\n' => out.put(b"\\n"),
            '\r' => out.put(b"\\r"),
            '\t' => out.put(b"\\t"),
            c if acts(c) => {
                out.put(b"\\u{");
                let mut digits = [0; 4];
                let number = c as u32;
                for (at, digit) in digits.iter_mut().enumerate() {
                    let nibble = (number >> (12 - 4 * at)) & 15;
                    *digit = char::from_digit(nibble, 16).map_or(b'0', |c| c as u8);
                }
                out.put(&digits);
                out.put(b"}");
            }
            _ => return false,
        }
        true
    }
}
