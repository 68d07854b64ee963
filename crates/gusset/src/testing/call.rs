//! The signals of one call.

use std::collections::HashMap;

use gusset_data::{SpanData, hex};
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
        let mut spans_by_ids = HashMap::new();
        for span in spans {
            spans_by_ids.insert(
                (hex::encode(&span.trace_id), hex::encode(&span.span_id)),
                span,
            );
        }
        let mut events_by_ids: HashMap<_, Vec<Value>> = HashMap::new();
        for event in entries.iter().filter(|entry| !is_access(entry)) {
            if let Some(ids) = ids(event) {
                events_by_ids.entry(ids).or_default().push(event.clone());
            }
        }
        let call = |entry: &Value| {
            let ids = ids(entry);
            let span = ids.as_ref().and_then(|ids| spans_by_ids.get(ids));
            Self {
                entry: entry.clone(),
                span: span.copied().cloned(),
                events: ids
                    .and_then(|ids| events_by_ids.get(&ids).cloned())
                    .unwrap_or_default(),
            }
        };
        let calls = entries.iter().filter(|entry| is_access(entry));
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

/// Returns the trace id and the span id of an entry.
fn ids(entry: &Value) -> Option<(String, String)> {
    let id = |key: &str| Some(entry.get(key)?.as_str()?.to_owned());
    Some((id("trace_id")?, id("span_id")?))
}
