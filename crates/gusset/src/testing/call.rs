//! The signals of one call.

use std::fmt::Write as _;

use gusset_data::SpanData;
use serde_json::Value;

use crate::telemetry::is_access;

/// The signals of one call of a server or a client that has ended.
#[derive(Clone, Debug)]
pub struct CapturedCall {
    entry: Value,
    span: Option<SpanData>,
    events: Vec<Value>,
}

// === impl CapturedCall ===

impl CapturedCall {
    /// Puts together what has the same span id.
    pub(super) fn all(entries: &[Value], spans: &[SpanData]) -> Vec<Self> {
        let calls = entries.iter().filter(|entry| is_access(entry));
        let call = |access: &Value| {
            let ids = |entry: &Value| {
                Some((
                    entry.get("trace_id")?.clone(),
                    entry.get("span_id")?.clone(),
                ))
            };
            let ids_of_call = ids(access);
            let is_of_call = |entry: &&Value| ids_of_call.is_some() && ids(entry) == ids_of_call;
            let span = ids_of_call.as_ref().and_then(|(trace_id, span_id)| {
                spans
                    .iter()
                    .find(|span| *trace_id == hex(&span.trace_id) && *span_id == hex(&span.span_id))
            });
            let events = entries.iter().filter(|entry| !is_access(entry));
            Self {
                entry: access.clone(),
                span: span.cloned(),
                events: events.filter(is_of_call).cloned().collect(),
            }
        };
        calls.map(call).collect()
    }

    /// Returns the access log entry, with the keys of [`Format::Json`](gusset_log::Format::Json).
    pub fn entry(&self) -> &Value {
        &self.entry
    }

    /// Returns the span, or `None` if it was not sampled or the layer makes none.
    pub fn span(&self) -> Option<&SpanData> {
        self.span.as_ref()
    }

    /// Returns the other entries that were logged in the span of this call. Those in `tracing` spans of the
    /// service have the ids of these: [`Capture::entries`](super::Capture::entries) has them.
    pub fn events(&self) -> &[Value] {
        &self.events
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
