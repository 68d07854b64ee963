//! Calls in a report.

use std::time::{Duration, SystemTime};

use gusset_core::{Outcome, SpanIds, StaticStr};
use gusset_data::hex;
use serde::{Deserialize, Serialize};

use super::time;
use crate::{ActiveCall, CallEntry, FlightRecorder, InterruptedCall};

/// The calls of a report. Each list is bounded; [`kept`](Self::kept) is the number that they were chosen from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calls {
    /// The ended calls that the recorder had.
    pub kept: u64,
    /// The slowest of them, the slowest first, at most ten.
    pub slowest: Vec<CallRow>,
    /// The last ones with an error of the server, the newest first, at most 20.
    pub failed: Vec<CallRow>,
    /// The last ones, the oldest first, at most 200.
    pub recent: Vec<CallRow>,
    /// Those that were under way, the oldest first, at most 100.
    pub active: Vec<ActiveCallRow>,
}

/// A call that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CallRow {
    /// When it started.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// The method.
    pub method: String,
    /// The template of the route; empty if none matched.
    pub route: String,
    /// The status. `None` without a response.
    pub status: Option<String>,
    /// The outcome: `success`, `server_error`.
    pub outcome: Option<String>,
    /// The `error.type`, if it is an error.
    pub error_type: Option<String>,
    /// The seconds to the end of the response.
    pub duration: f64,
    /// The seconds to the response headers. `None` if there were none.
    pub time_to_headers: Option<f64>,
    /// The bytes of the response body that were sent.
    pub bytes: u64,
    /// The trace, in hexadecimal, if spans are made.
    pub trace_id: Option<String>,
    /// Its span.
    pub span_id: Option<String>,
}

/// A call that was under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ActiveCallRow {
    /// When it started.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// The method.
    pub method: String,
    /// The template of the route; empty if none matched.
    pub route: String,
    /// The trace, in hexadecimal, if spans are made.
    pub trace_id: Option<String>,
    /// Its span.
    pub span_id: Option<String>,
}

const MAX_SLOWEST: usize = 10;
const MAX_FAILED: usize = 20;
const MAX_RECENT: usize = 200;
const MAX_ACTIVE: usize = 100;

// === impl Calls ===

impl Calls {
    pub(crate) fn of_recorder(recorder: &FlightRecorder) -> Self {
        let ended = recorder.calls();
        let row = |call: &CallEntry| CallRow::new(call, recorder.wall_clock(call.started()));
        let mut by_duration: Vec<_> = ended.iter().collect();
        // Stable: of those that took equally long, the older one is first.
        by_duration.sort_by_key(|call| std::cmp::Reverse(call.duration()));
        let failed = ended.iter().rev();
        let failed = failed.filter(|call| call.outcome() == Some(Outcome::ServerError));
        let recent = &ended[ended.len().saturating_sub(MAX_RECENT)..];
        let active = recorder.active_calls();
        Self {
            kept: u64::try_from(ended.len()).unwrap_or(u64::MAX),
            slowest: by_duration.into_iter().take(MAX_SLOWEST).map(row).collect(),
            failed: failed.take(MAX_FAILED).map(row).collect(),
            recent: recent.iter().map(row).collect(),
            active: active.iter().take(MAX_ACTIVE).map(Into::into).collect(),
        }
    }

    /// Returns those of a run that has ended: only the ones that were under way are known.
    pub(crate) fn interrupted(calls: &[InterruptedCall]) -> Self {
        Self {
            active: calls.iter().take(MAX_ACTIVE).map(Into::into).collect(),
            ..Self::default()
        }
    }
}

// === impl CallRow ===

impl CallRow {
    fn new(call: &CallEntry, started: SystemTime) -> Self {
        let text = |text: Option<StaticStr>| text.map(|text| text.as_str().to_owned());
        let (trace_id, span_id) = ids(call.span_ids());
        Self {
            time: time::rounded(started),
            method: call.method().to_owned(),
            route: call.route().to_owned(),
            status: text(call.status()),
            outcome: call.outcome().map(|outcome| outcome.as_str().to_owned()),
            error_type: text(call.error_type()),
            duration: call.duration().as_secs_f64(),
            time_to_headers: call.time_to_headers().map(|it| it.as_secs_f64()),
            bytes: call.bytes(),
            trace_id,
            span_id,
        }
    }
}

// === impl ActiveCallRow ===

impl ActiveCallRow {
    /// Returns how long the call had been under way at a time.
    pub fn age(&self, at: SystemTime) -> Duration {
        at.duration_since(self.time).unwrap_or_default()
    }
}

impl From<&ActiveCall> for ActiveCallRow {
    fn from(call: &ActiveCall) -> Self {
        let (trace_id, span_id) = ids(call.span_ids());
        Self {
            time: time::rounded(call.started()),
            method: call.method().to_owned(),
            route: call.route().to_owned(),
            trace_id,
            span_id,
        }
    }
}

impl From<&InterruptedCall> for ActiveCallRow {
    fn from(call: &InterruptedCall) -> Self {
        Self {
            time: time::rounded(call.started),
            method: call.method.clone(),
            route: call.route.clone(),
            trace_id: call.trace_id.map(|id| hex::encode(&id)),
            span_id: call.span_id.map(|id| hex::encode(&id)),
        }
    }
}

fn ids(ids: Option<SpanIds>) -> (Option<String>, Option<String>) {
    let trace_id = ids.map(|ids| hex::encode(&ids.trace_id()));
    (trace_id, ids.map(|ids| hex::encode(&ids.span_id())))
}
