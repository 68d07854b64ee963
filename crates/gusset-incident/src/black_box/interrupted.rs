//! A call that was under way when its process ended.

use std::time::{Duration, SystemTime};

use gusset_data::{Attribute, SharedStr, SpanData, SpanKind, SpanStatus, Value, hex};

use super::slot::Entry;

/// A call that was under way when its process ended, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterruptedCall {
    /// When it started.
    pub started: SystemTime,
    /// The method.
    pub method: String,
    /// The template of the route; empty if none matched.
    pub route: String,
    /// The trace that it belongs to, if spans are made.
    pub trace_id: Option<[u8; 16]>,
    /// Its span.
    pub span_id: Option<[u8; 8]>,
    /// The W3C trace flags.
    pub flags: u8,
}

// === impl InterruptedCall ===

impl InterruptedCall {
    /// Reads the line that an [`ActiveCall`](crate::ActiveCall) writes.
    pub(super) fn from_entry(entry: &Entry) -> Option<Self> {
        let mut fields = entry.text.splitn(5, '\t');
        let mut next = || fields.next();
        let (trace_id, span_id, flags) = (next()?, next()?, next()?);
        Some(Self {
            started: entry.time,
            trace_id: id(trace_id),
            span_id: id(span_id),
            flags: flags.parse().ok()?,
            method: next()?.to_owned(),
            route: next()?.to_owned(),
        })
    }

    /// Returns the span that the call could not export, which ends with its process. `None` if the call had no span, or
    /// if it was not sampled.
    ///
    /// Its status is an error, and its `error.type` is `interrupted`. Its parent is unknown: the file has no room for what is
    /// seldom needed.
    ///
    /// ```no_run
    /// # fn example(sink: &impl gusset_data::SpanSink) {
    /// for run in gusset_incident::previous_runs("/var/lib/shop".as_ref(), "shop") {
    ///     for call in &run.interrupted_calls {
    ///         call.to_span(run.last_seen).into_iter().for_each(|span| sink.export(span));
    ///     }
    /// }
    /// # }
    /// ```
    pub fn to_span(&self, end: SystemTime) -> Option<SpanData> {
        let (trace_id, span_id) = (self.trace_id?, self.span_id?);
        if self.flags & 1 == 0 {
            return None;
        }
        let Self { method, route, .. } = self;
        let attribute = |key: &'static str, value: &str| -> Attribute {
            (
                SharedStr::from_static(key),
                Value::String(SharedStr::new(value)),
            )
        };
        let name = [method.as_str(), " ", route.as_str()];
        let mut attributes = vec![
            attribute("http.request.method", method),
            attribute("error.type", "interrupted"),
        ];
        if !route.is_empty() {
            attributes.push(attribute("http.route", route));
        }
        Some(SpanData {
            trace_id,
            span_id,
            parent_span_id: None,
            parent_is_remote: false,
            flags: self.flags,
            trace_state: SharedStr::default(),
            name: SharedStr::new(SharedStr::concat(name).trim_end()),
            kind: SpanKind::Server,
            scope: SharedStr::from_static(crate::TARGET),
            start: self.started,
            end: end.max(self.started),
            attributes,
            dropped_attributes: 0,
            events: Vec::new(),
            dropped_events: 0,
            links: Vec::new(),
            dropped_links: 0,
            status: SpanStatus::Error(SharedStr::from_static("the process ended")),
        })
    }

    /// Returns how long the call had been under way at a time.
    pub fn age(&self, at: SystemTime) -> Duration {
        at.duration_since(self.started).unwrap_or_default()
    }
}

/// Reads an id. `None` for zeros, which are not one.
fn id<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).filter(|id| *id != [0; N])
}
