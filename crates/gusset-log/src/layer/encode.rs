//! One line, from an event.

use gusset_core::SpanIds;
use tracing::Metadata;
use tracing::field::Visit;

use super::{Shared, with_request_id};
use crate::Format;
use crate::access::Kept;
use crate::format::clf::ClfFields;
use crate::format::json::{self, JsonFields};
use crate::format::line::Line;
use crate::format::logfmt::LogfmtFields;
use crate::format::pretty::{Paint, PrettyFields};
use crate::format::shape::Shape;
use crate::format::time::{Moment, Stamp};
use crate::redact::Redaction;

/// What is known of a line beside its fields.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) at: Moment,
    pub(crate) ids: Option<SpanIds>,
    /// Lines of the same place that were left out before it.
    pub(crate) suppressed: u64,
}

/// Shows the fields of a line to a visitor.
pub(crate) type Recording<'a> = &'a dyn Fn(&mut dyn Visit);

// === impl Shared ===

impl Shared {
    /// Writes a line into `line`. `spans` writes those that the line is written in.
    #[allow(clippy::too_many_arguments, reason = "one call, parts of one scratch")]
    #[inline]
    pub(super) fn encode(
        &self,
        line: &mut Line,
        parts: &mut Line,
        stamp: &mut Stamp,
        metadata: &Metadata<'_>,
        shape: &Shape,
        facts: &Facts,
        record: Recording<'_>,
        call: Option<&Kept>,
        spans: impl FnOnce(&mut Line),
    ) {
        line.begin(self.cap, self.longest);
        let redaction = self.scrubs(shape);
        match &self.format {
            Format::Common | Format::Combined => {
                parts.begin(self.cap, self.longest);
                let mut fields = ClfFields::new(parts, &shape.fields);
                record(&mut fields);
                fields.write(line, facts.at, self.format == Format::Combined);
            }
            Format::Logfmt => {
                line.push(b"ts=");
                line.push(stamp.write(facts.at));
                line.push(&shape.head);
                record(&mut LogfmtFields {
                    line,
                    plans: &shape.fields,
                    redaction,
                });
                self.end_of_logfmt(line, facts, spans);
            }
            Format::Pretty { color } => {
                let paint = Paint(*color);
                let stamp = stamp.write(facts.at);
                paint.head(line, stamp, *metadata.level(), metadata.target());
                for message in [true, false] {
                    record(&mut PrettyFields {
                        line,
                        plans: &shape.fields,
                        redaction,
                        paint,
                        message,
                        is_access: shape.is_access,
                    });
                }
                spans(line);
                with_request_id(|id| paint.ids(line, facts.ids, id));
                if facts.suppressed > 0 {
                    line.push(b" suppressed=");
                    line.number(facts.suppressed);
                }
                if line.is_cut() {
                    line.push(b" truncated");
                }
                line.push(b"\n");
            }
            Format::Json if self.writes_calls && call.is_some_and(Kept::is_plain) => {
                line.push(stamp.open(facts.at));
                line.push(&shape.head);
                if let Some(call) = call {
                    call.write_json(line);
                }
                line.push(&shape.tail);
                self.end_of_json(line, facts, spans);
                line.push(b"}\n");
            }
            format => {
                line.push(json::open(format));
                line.push(stamp.write(facts.at));
                line.push(&shape.head);
                let mut fields = JsonFields::new(line, &shape.fields, redaction);
                fields.picks = shape.is_grouped;
                if let Some(message) = shape.message.filter(|at| *at > 0) {
                    fields.picks = true;
                    fields.only = Some(message);
                    record(&mut fields);
                    fields.only = None;
                    fields.skip = Some(message);
                }
                record(&mut fields);
                fields.close_group();
                let has_route = fields.has_route;
                line.push(&shape.tail);
                self.end_of_json(line, facts, spans);
                json::emf(shape, line, facts.at, has_route);
                line.push(b"}\n");
            }
        }
    }

    /// Whether lines of calls have room for whatever a plain one says, and nothing in it is looked for.
    pub(super) fn writes_calls(redaction: &Redaction, cap: usize, longest: usize) -> bool {
        const ROOM: usize = 16 << 10;
        cap >= ROOM && longest >= ROOM / 2 && !redaction.has_patterns()
    }

    /// Whether texts are looked through. Those of access lines were made without secrets: in them only
    /// patterns of the service's own are looked for.
    #[inline]
    pub(super) fn scrubs(&self, shape: &Shape) -> Option<&Redaction> {
        match shape.is_access {
            true => self.redaction.has_patterns().then_some(&self.redaction),
            false => self.redaction.looks().then_some(&self.redaction),
        }
    }

    fn end_of_json(&self, line: &mut Line, facts: &Facts, spans: impl FnOnce(&mut Line)) {
        if let Some(ids) = facts.ids {
            json::ids(&self.format, line, ids);
        }
        with_request_id(|id| {
            if let Some(id) = id {
                json::request_id(&self.format, line, id);
            }
        });
        spans(line);
        if facts.suppressed > 0 {
            line.push(b",\"suppressed\":");
            line.number(facts.suppressed);
        }
        if line.is_cut() {
            line.push(b",\"truncated\":true");
        }
    }

    fn end_of_logfmt(&self, line: &mut Line, facts: &Facts, spans: impl FnOnce(&mut Line)) {
        if let Some(ids) = facts.ids {
            line.push(b" trace_id=");
            line.hex(ids.trace_id());
            line.push(b" span_id=");
            line.hex(ids.span_id());
            line.push(b" trace_flags=");
            line.hex([ids.flags()]);
        }
        with_request_id(|id| {
            if let Some(id) = id {
                line.push(b" request_id=\"");
                line.text::<json::JsonEscape>(id);
                line.push(b"\"");
            }
        });
        spans(line);
        if facts.suppressed > 0 {
            line.push(b" suppressed=");
            line.number(facts.suppressed);
        }
        if line.is_cut() {
            line.push(b" truncated=true");
        }
        line.push(b"\n");
    }
}
