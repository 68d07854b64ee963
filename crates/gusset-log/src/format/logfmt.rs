//! Lines of `key=value` pairs.

use std::fmt::Debug;

use tracing::Metadata;
use tracing::field::{Field, Visit};

use super::json::{JsonEscape, nanos};
use super::keys::Kind;
use super::line::Line;
use super::shape::{Plan, escaped, level_in_lower_case};
use super::value;
use crate::redact::{REDACTED, Redaction};

/// Writes the fields of a line.
#[derive(Debug)]
pub(crate) struct LogfmtFields<'a> {
    pub(crate) line: &'a mut Line,
    pub(crate) plans: &'a [Plan],
    pub(crate) redaction: Option<&'a Redaction>,
}

/// What stands between the time and the first field, and after the last.
pub(crate) fn frame(metadata: &Metadata<'_>) -> (Vec<u8>, Vec<u8>) {
    let level = level_in_lower_case(*metadata.level());
    let target = escaped::<JsonEscape>(metadata.target());
    // A target is a path of modules unless somebody has fancies.
    let target = match target.as_bytes().iter().all(|byte| is_bare(*byte)) && !target.is_empty() {
        true => target,
        false => format!("\"{target}\""),
    };
    let head = format!(" level={level} target={target}");
    (head.into_bytes(), Vec::new())
}

/// ` key=`; a key has no spaces, quotes and equals signs.
pub(crate) fn key(name: &str) -> Vec<u8> {
    let safe = |c: char| match c {
        '=' | '"' | '\\' => '_',
        c if c.is_whitespace() || super::line::acts(c) => '_',
        c => c,
    };
    let name: String = name.chars().map(safe).collect();
    format!(" {name}=").into_bytes()
}

fn is_bare(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f && byte != b'=' && byte != b'"' && byte != b'\\'
}

// === impl LogfmtFields ===

impl LogfmtFields<'_> {
    fn key(&mut self, field: &Field) -> Option<Kind> {
        let plan = self.plans.get(field.index())?;
        if plan.kind == Kind::Hidden || !self.line.has_room(plan.key.len() + 48) {
            return None;
        }
        self.line.push(&plan.key);
        if plan.kind == Kind::Redacted {
            self.line.push(REDACTED.as_bytes());
            return None;
        }
        Some(plan.kind)
    }

    /// A value that was written with quotes round it: they go if it needs none.
    fn text(&mut self, text: &str) {
        let suspected = self
            .redaction
            .filter(|redaction| redaction.suspects(text.as_bytes()));
        let scrubbed = suspected.map(|redaction| redaction.scrub(text));
        let text = scrubbed.as_deref().unwrap_or(text);
        if !text.is_empty() && text.bytes().all(is_bare) {
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
            Some(Kind::Seconds) => self.line.seconds(nanos(value)),
            Some(_) => self.line.float(value),
        }
    }
}
