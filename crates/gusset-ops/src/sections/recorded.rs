//! What the flight recorder has kept.

use std::time::SystemTime;

use gusset_core::{Outcome, SpanIds, StaticStr};
use gusset_data::{LogRecord, SharedStr, StateTree, hex};
use gusset_incident::{ActiveCall, CallEntry, FlightRecorder};

use super::{millis, seconds};
use crate::query::Query;

/// Returns the calls under way, the oldest first.
pub(super) fn active(recorder: &FlightRecorder, now: SystemTime, query: &Query) -> StateTree {
    let calls = recorder.active_calls().into_iter();
    let calls = calls.filter(|call| is_active_match(call, now, query));
    StateTree::list(calls.take(query.limit).map(|call| {
        let age = now.duration_since(call.started()).unwrap_or_default();
        StateTree::fields([
            ("age s", seconds(age)),
            ("method", text(call.method())),
            ("route", text(call.route())),
            ("trace_id", trace_id(call.span_ids())),
        ])
    }))
}

/// Returns the calls that ended last, the last first.
pub(super) fn calls(recorder: &FlightRecorder, query: &Query) -> StateTree {
    let calls = recorder.calls();
    let calls = calls.iter().rev().filter(|call| is_match(call, query));
    StateTree::list(calls.take(query.limit).map(|call| {
        let ended = recorder.wall_clock(call.started() + call.duration());
        StateTree::fields([
            ("time", time(ended)),
            ("method", text(call.method())),
            ("route", text(call.route())),
            ("status", known(call.status())),
            ("outcome", call.outcome().map(Outcome::as_str).into()),
            ("error", known(call.error_type())),
            ("ms", millis(call.duration())),
            (
                "ms to headers",
                call.time_to_headers().map_or(StateTree::Unknown, millis),
            ),
            ("bytes", call.bytes().into()),
            ("trace_id", trace_id(call.span_ids())),
        ])
    }))
}

/// Returns the last log records, the last first.
pub(super) fn log(recorder: &FlightRecorder, query: &Query) -> StateTree {
    let records = recorder.logs();
    let row = |record: &LogRecord| {
        // By name, so that a secret is found by its name.
        let fields = record.attributes.iter();
        let fields = fields.map(|(name, value)| (name.clone(), value.clone().into()));
        let trace_id = record.trace_id.map(|id| hex::encode(&id));
        StateTree::fields([
            ("time", time(record.time)),
            ("severity", record.severity.as_str().into()),
            ("scope", record.scope.clone().into()),
            ("message", record.body.clone().into()),
            ("fields", StateTree::fields(fields)),
            ("trace_id", trace_id.into()),
        ])
    };
    let records = records.iter().rev();
    let records = records.filter(|record| is_record_match(record, query));
    StateTree::list(records.take(query.limit).map(row))
}

/// Returns the last changes of state, the last first.
pub(super) fn changes(recorder: &FlightRecorder, query: &Query) -> StateTree {
    let changes = recorder.changes();
    StateTree::list(changes.iter().rev().take(query.limit).map(|change| {
        StateTree::fields([
            ("time", time(change.time)),
            ("what", change.what.clone().into()),
            ("state", change.state.clone().into()),
        ])
    }))
}

fn is_active_match(call: &ActiveCall, now: SystemTime, query: &Query) -> bool {
    let age = now.duration_since(call.started()).unwrap_or_default();
    query.outcome.is_none()
        && contains(call.route(), query.route.as_deref())
        && query.slower_than.is_none_or(|limit| age > limit)
        && has_trace(call.span_ids(), query)
}

pub(crate) fn is_match(call: &CallEntry, query: &Query) -> bool {
    let outcome = call.outcome().map(Outcome::as_str);
    query
        .outcome
        .as_deref()
        .is_none_or(|it| outcome == Some(it))
        && contains(call.route(), query.route.as_deref())
        && query
            .slower_than
            .is_none_or(|limit| call.duration() > limit)
        && has_trace(call.span_ids(), query)
}

pub(crate) fn is_record_match(record: &LogRecord, query: &Query) -> bool {
    let has_text = |text: &str| {
        record.body.to_lowercase().contains(text) || record.scope.to_lowercase().contains(text)
    };
    let is_trace = |id: &str| {
        record
            .trace_id
            .is_some_and(|it| hex::encode(&it).starts_with(id))
    };
    query
        .severity
        .is_none_or(|lowest| record.severity >= lowest)
        && query.text.as_deref().is_none_or(has_text)
        && query.trace_id.as_deref().is_none_or(is_trace)
}

fn contains(text: &str, part: Option<&str>) -> bool {
    part.is_none_or(|part| text.contains(part))
}

fn has_trace(ids: Option<SpanIds>, query: &Query) -> bool {
    let has = |id: &str| ids.is_some_and(|ids| hex::encode(&ids.trace_id()).starts_with(id));
    query.trace_id.as_deref().is_none_or(has)
}

fn text(text: &str) -> StateTree {
    SharedStr::new(text).into()
}

fn known(text: Option<StaticStr>) -> StateTree {
    text.map(|text| SharedStr::new(text.as_str())).into()
}

fn trace_id(ids: Option<SpanIds>) -> StateTree {
    ids.map(|ids| hex::encode(&ids.trace_id())).into()
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
