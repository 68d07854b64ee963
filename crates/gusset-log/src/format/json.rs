//! Lines that are JSON objects.

use std::fmt::Debug;

use gusset_core::SpanIds;
use tracing::field::{Field, Visit};

use super::Format;
use super::keys::Kind;
use super::line::{Escape, Line, Short, acts};
use super::plain::is_plain;
use super::shape::{Plan, Shape};
use super::time::Moment;
use super::value;
use crate::redact::{REDACTED, Redaction};

/// Texts of JSON.
#[derive(Debug)]
pub(crate) enum JsonEscape {}

/// Writes the fields of a line.
#[derive(Debug)]
pub(crate) struct JsonFields<'a> {
    pub(crate) line: &'a mut Line,
    pub(crate) plans: &'a [Plan],
    pub(crate) redaction: Option<&'a Redaction>,
    /// Not all fields are wanted, or they are grouped.
    pub(crate) picks: bool,
    /// A field that was written before its turn.
    pub(crate) skip: Option<usize>,
    /// The only field that is wanted.
    pub(crate) only: Option<usize>,
    /// `httpRequest` is open.
    pub(crate) in_group: bool,
    pub(crate) has_route: bool,
}

// === impl JsonFields ===

impl<'a> JsonFields<'a> {
    #[inline]
    pub(crate) fn new(
        line: &'a mut Line,
        plans: &'a [Plan],
        redaction: Option<&'a Redaction>,
    ) -> Self {
        Self {
            line,
            plans,
            redaction,
            picks: false,
            skip: None,
            only: None,
            in_group: false,
            has_route: false,
        }
    }

    /// The key of a field; its value is wanted if it gives its kind.
    #[inline]
    fn key(&mut self, field: &Field) -> Option<Kind> {
        let index = field.index();
        let plan = self.plans.get(index)?;
        // Most fields of most formats need nothing else.
        if plan.is_simple && !self.picks && self.line.has_room(plan.key.len() + 48) {
            self.line.push(&plan.key);
            return Some(plan.kind);
        }
        self.key_slowly(index, plan)
    }

    fn key_slowly(&mut self, index: usize, plan: &Plan) -> Option<Kind> {
        if self.skip == Some(index) || self.only.is_some_and(|only| only != index) {
            return None;
        }
        if plan.kind == Kind::Hidden || !self.line.has_room(plan.key.len() + 48) {
            return None;
        }
        self.has_route |= plan.is_route;
        if plan.grouped == self.in_group {
            self.line.push(&plan.key);
        } else if plan.grouped {
            self.in_group = true;
            self.line.push(b",\"httpRequest\":{");
            self.line.push(&plan.key[1..]);
        } else {
            self.close_group();
            self.line.push(&plan.key);
        }
        if plan.kind == Kind::Redacted {
            self.line.byte(b'"');
            self.line.push(REDACTED.as_bytes());
            self.line.byte(b'"');
            return None;
        }
        Some(plan.kind)
    }

    pub(crate) fn close_group(&mut self) {
        if self.in_group {
            self.in_group = false;
            self.line.push(b"}");
        }
    }

    fn number(&mut self, field: &Field, number: impl itoa::Integer) {
        match self.key(field) {
            None => {}
            Some(Kind::Quoted) => {
                self.line.byte(b'"');
                self.line.number(number);
                self.line.byte(b'"');
            }
            Some(_) => self.line.number(number),
        }
    }

    fn quoted(&mut self, text: &str) {
        self.line.byte(b'"');
        self.line.push(text.as_bytes());
        self.line.byte(b'"');
    }

    fn text(&mut self, text: &str) {
        self.line.byte(b'"');
        let start = self.line.len();
        self.line.text::<JsonEscape>(text);
        if let Some(redaction) = self.redaction {
            if redaction.suspects(&self.line.bytes()[start..]) {
                self.line.truncate(start);
                let scrubbed = redaction.scrub(text);
                self.line.text::<JsonEscape>(&scrubbed);
            }
        }
        self.line.byte(b'"');
    }
}

impl Visit for JsonFields<'_> {
    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.key(field).is_some() {
            self.text(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.key(field).is_none() {
            return;
        }
        self.line.byte(b'"');
        value::debug::<JsonEscape>(self.line, self.redaction, value);
        self.line.byte(b'"');
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        if self.key(field).is_some() {
            self.text(&value::lossy(value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.record_debug(field, &value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.record_debug(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        let word = if value { "true" } else { "false" };
        match self.key(field) {
            None => {}
            Some(Kind::Quoted) => self.quoted(word),
            Some(_) => self.line.push(word.as_bytes()),
        }
    }

    #[inline]
    fn record_f64(&mut self, field: &Field, value: f64) {
        match self.key(field) {
            None => {}
            Some(Kind::Seconds) => self.line.seconds(nanos(value)),
            Some(Kind::Nanos) => self.line.number(nanos(value)),
            Some(Kind::Latency) => {
                self.line.byte(b'"');
                self.line.seconds(nanos(value));
                self.line.push(b"s\"");
            }
            Some(kind) if kind == Kind::Quoted || !value.is_finite() => {
                self.quoted(ryu::Buffer::new().format(value));
            }
            Some(_) => self.line.float(value),
        }
    }
}

/// The whole nanoseconds that seconds are.
#[inline]
pub(crate) fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9 + 0.5) as u64
}

// === impl JsonEscape ===

impl Escape for JsonEscape {
    #[inline]
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
            c if acts(c) => out.unicode(c),
            _ => return false,
        }
        true
    }
}

/// What opens a line, up to its time.
pub(crate) fn open(format: &Format) -> &'static [u8] {
    match format {
        Format::Ecs => b"{\"@timestamp\":\"",
        Format::GoogleCloud { .. } => b"{\"time\":\"",
        _ => b"{\"timestamp\":\"",
    }
}

/// The ids of the call that a line is written in.
pub(crate) fn ids(format: &Format, line: &mut Line, ids: SpanIds) {
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

pub(crate) fn request_id(format: &Format, line: &mut Line, id: &str) {
    line.push(match format {
        Format::Ecs => b",\"http.request.id\":\"".as_slice(),
        Format::Datadog => b",\"http.request_id\":\"",
        _ => b",\"request_id\":\"",
    });
    line.text::<JsonEscape>(id);
    line.byte(b'"');
}

/// What an access line is a metric by.
pub(crate) fn emf(shape: &Shape, line: &mut Line, at: Moment, has_route: bool) {
    if let Some(tails) = &shape.emf {
        line.push(b",\"_aws\":{\"Timestamp\":");
        line.number(at.seconds * 1000 + u64::from(at.nanos / 1_000_000));
        line.push(&tails[usize::from(has_route)]);
    }
}
