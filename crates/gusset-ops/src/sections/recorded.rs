//! What the flight recorder has kept.

use std::fmt::Write as _;
use std::time::{Instant, SystemTime};

use gusset_core::{Outcome, SpanIds, StaticStr};
use gusset_data::{LogRecord, SharedStr, StateTree};
use gusset_incident::FlightRecorder;

use super::duration;

/// The rows of each table.
const MAX_ROWS: usize = 200;

/// Returns the calls under way, the oldest first.
pub(super) fn active(recorder: &FlightRecorder, now: SystemTime) -> StateTree {
    let mut calls = recorder.active_calls();
    calls.sort_by_key(gusset_incident::ActiveCall::started);
    StateTree::list(calls.iter().take(MAX_ROWS).map(|call| {
        StateTree::fields([
            ("age", age(call.started(), now)),
            ("method", text(call.method())),
            ("route", text(call.route())),
            ("trace_id", trace_id(call.span_ids())),
        ])
    }))
}

/// Returns the calls that ended last, the last first.
pub(super) fn calls(recorder: &FlightRecorder, now: Instant) -> StateTree {
    let mut calls = recorder.calls();
    calls.sort_by_key(|call| std::cmp::Reverse(call.started() + call.duration()));
    StateTree::list(calls.iter().take(MAX_ROWS).map(|call| {
        let ended = call.started() + call.duration();
        StateTree::fields([
            ("ago", duration(now.saturating_duration_since(ended))),
            ("method", text(call.method())),
            ("route", text(call.route())),
            ("status", known(call.status())),
            ("outcome", call.outcome().map(Outcome::as_str).into()),
            ("error", known(call.error_type())),
            ("duration", duration(call.duration())),
            (
                "to headers",
                call.time_to_headers().map_or(StateTree::Unknown, duration),
            ),
            ("bytes", call.bytes().into()),
            ("trace_id", trace_id(call.span_ids())),
        ])
    }))
}

/// Returns the last log records, the last first.
pub(super) fn log(recorder: &FlightRecorder) -> StateTree {
    let records = recorder.logs();
    let row = |record: &LogRecord| {
        // By name, so that a secret is found by its name.
        let fields = record.attributes.iter();
        let fields = fields.map(|(name, value)| (name.clone(), value.clone().into()));
        StateTree::fields([
            ("time", time(record.time)),
            ("severity", record.severity.as_str().into()),
            ("scope", record.scope.clone().into()),
            ("message", record.body.clone().into()),
            ("fields", StateTree::fields(fields)),
            (
                "trace_id",
                record
                    .trace_id
                    .map_or(StateTree::Unknown, |id| hex(&id).into()),
            ),
        ])
    };
    StateTree::list(records.iter().rev().take(MAX_ROWS).map(row))
}

/// Returns the last changes of state, the last first.
pub(super) fn changes(recorder: &FlightRecorder, now: SystemTime) -> StateTree {
    let changes = recorder.changes();
    StateTree::list(changes.iter().rev().take(MAX_ROWS).map(|change| {
        StateTree::fields([
            ("ago", age(change.time, now)),
            ("what", change.what.clone().into()),
            ("state", change.state.clone().into()),
        ])
    }))
}

fn age(since: SystemTime, now: SystemTime) -> StateTree {
    duration(now.duration_since(since).unwrap_or_default())
}

fn text(text: &str) -> StateTree {
    SharedStr::new(text).into()
}

fn known(text: Option<StaticStr>) -> StateTree {
    text.map(|text| SharedStr::new(text.as_str())).into()
}

fn trace_id(ids: Option<SpanIds>) -> StateTree {
    ids.map(|ids| hex(&ids.trace_id())).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the time of day in UTC.
fn time(time: SystemTime) -> StateTree {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let millis = since.subsec_millis();
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60).into()
}
