//! The schema of a scenario file. Unknown fields are errors, because an expectation that is not checked
//! would always pass.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The description of the schema.
    #[serde(default, rename = "schema")]
    _schema: Value,
    #[serde(default)]
    pub(crate) default_semantics: Map<String, Value>,
    #[serde(default, rename = "adaptive_cases_doc")]
    _adaptive_cases_doc: Value,
    #[serde(default)]
    pub(crate) adaptive_cases: Vec<Adaptive>,
    pub(crate) scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adaptive {
    pub(crate) k: f64,
    pub(crate) requests: u64,
    pub(crate) accepts: u64,
    pub(crate) reject_probability: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// An object, because steps may change a part of it.
    pub(crate) config: Map<String, Value>,
    pub(crate) steps: Vec<Step>,
    #[serde(default, rename = "source")]
    _source: Value,
    #[serde(default, rename = "follows")]
    _follows: Value,
    #[serde(default, rename = "ambiguous")]
    _ambiguous: Value,
    #[serde(default, rename = "note")]
    _note: Value,
    /// The behaviour of other breakers. Not replayed.
    #[serde(default, rename = "alternatives")]
    _alternatives: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) window: Option<Window>,
    pub(crate) minimum_calls: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_duration_ms: Option<u64>,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) consecutive_failures: Option<u32>,
    pub(crate) half_open_calls: u32,
    pub(crate) half_open_policy: Option<Policy>,
    pub(crate) half_open_max_ms: Option<u64>,
    pub(crate) half_open_timeout_to: Option<TimeoutTo>,
    pub(crate) open_for_ms: u64,
    pub(crate) open_backoff: Option<Backoff>,
    pub(crate) honour_retry_after: Option<bool>,
    pub(crate) open_max_ms: Option<u64>,
    pub(crate) auto_half_open: Option<bool>,
    #[serde(default)]
    pub(crate) semantics: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Window {
    Count { size: u32 },
    Time { size: u64, bucket_ms: u64 },
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Policy {
    Rate,
    AnyFailureOpens,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeoutTo {
    Open,
    Closed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backoff {
    pub(crate) multiplier: f64,
    pub(crate) max_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) at_ms: u64,
    pub(crate) op: Op,
    pub(crate) call: Option<String>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) repeat: Option<u64>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) set: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) expect: Expect,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    Acquire,
    Success,
    Failure,
    Ignore,
    Cancel,
    Panic,
    Call,
    Advance,
    ForceOpen,
    ForceClose,
    Disable,
    MetricsOnly,
    Reset,
    Trip,
    Reconfigure,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Success,
    Failure,
    Ignore,
    Cancel,
    Panic,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) admitted: Option<bool>,
    pub(crate) state: Option<State>,
    pub(crate) window_calls: Option<u64>,
    pub(crate) permits_left: Option<u32>,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Closed,
    Open,
    HalfOpen,
    ForcedOpen,
    Disabled,
    MetricsOnly,
}

impl Op {
    /// Returns the outcome of an admitted call, if the step completes one.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Success => Some(Outcome::Success),
            Self::Failure => Some(Outcome::Failure),
            Self::Ignore => Some(Outcome::Ignore),
            Self::Cancel => Some(Outcome::Cancel),
            Self::Panic => Some(Outcome::Panic),
            _ => None,
        }
    }
}
