//! Log records and changes of state in a report.

use std::time::SystemTime;

use gusset_data::{LogRecord, StateTree, hex};
use serde::{Deserialize, Serialize};

use super::time;
use crate::StateChange;

/// A log record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LogRow {
    /// When it happened.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// The severity: `WARN`.
    pub severity: String,
    /// The target.
    pub scope: String,
    /// The message.
    pub body: String,
    /// The attributes.
    pub attributes: StateTree,
    /// The trace that it belongs to, in hexadecimal.
    pub trace_id: Option<String>,
    /// The span that it belongs to.
    pub span_id: Option<String>,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChangeRow {
    /// When it happened.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// What has changed: `breaker stock`.
    pub what: String,
    /// The state that it has since: `open`.
    pub state: String,
}

// === impl LogRow ===

impl From<&LogRecord> for LogRow {
    fn from(record: &LogRecord) -> Self {
        let attributes = record.attributes.iter();
        let attributes = attributes.map(|(key, value)| (key.clone(), value.clone().into()));
        Self {
            time: time::rounded(record.time),
            severity: record.severity.as_str().to_owned(),
            scope: record.scope.to_string(),
            body: record.body.to_string(),
            attributes: StateTree::fields(attributes),
            trace_id: record.trace_id.map(|id| hex::encode(&id)),
            span_id: record.span_id.map(|id| hex::encode(&id)),
        }
    }
}

impl LogRow {
    /// Returns the record that a text of the file has: `WARN shop::orders: stock is slow`.
    pub(crate) fn of_line(time: SystemTime, line: &str) -> Self {
        let (severity, rest) = line.split_once(' ').unwrap_or(("", line));
        let (scope, body) = rest.split_once(": ").unwrap_or(("", rest));
        Self {
            time: time::rounded(time),
            severity: severity.to_owned(),
            scope: scope.to_owned(),
            body: body.to_owned(),
            attributes: StateTree::fields::<String>([]),
            trace_id: None,
            span_id: None,
        }
    }
}

// === impl ChangeRow ===

impl From<&StateChange> for ChangeRow {
    fn from(change: &StateChange) -> Self {
        Self {
            time: time::rounded(change.time),
            what: change.what.to_string(),
            state: change.state.to_string(),
        }
    }
}

impl ChangeRow {
    /// Returns the change that a text of the file has: `breaker stock: open`.
    pub(crate) fn of_line(time: SystemTime, line: &str) -> Self {
        let (what, state) = line.rsplit_once(": ").unwrap_or((line, ""));
        Self {
            time: time::rounded(time),
            what: what.to_owned(),
            state: state.to_owned(),
        }
    }
}
