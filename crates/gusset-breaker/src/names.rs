//! The names of all that a breaker measures. They are API: a renamed metric is a breaking change.
//!
//! OpenTelemetry's semantic conventions (1.44) know no breakers, so all of it is ours, under
//! `gusset.breaker.`.

/// A metric: name, whether it only grows, unit, help, labels beside [`NAME`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// A counter, else a gauge.
    pub counter: bool,
    /// The unit, by UCUM.
    pub unit: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The labels, beside the breaker's name.
    pub labels: &'static [&'static str],
}

/// `gusset.breaker.name`: on every series.
pub const NAME: &str = "gusset.breaker.name";
/// `gusset.breaker.state`: one of [`State::ALL`](crate::State::ALL).
pub const STATE: &str = "gusset.breaker.state";
/// `gusset.breaker.verdict`: `success`, `failure`, `throttled` or `ignored`.
pub const VERDICT: &str = "gusset.breaker.verdict";
/// `gusset.breaker.from`: the state that was left.
pub const FROM: &str = "gusset.breaker.from";
/// `gusset.breaker.to`: the state that was entered.
pub const TO: &str = "gusset.breaker.to";
/// `gusset.breaker.reason`: why.
pub const REASON: &str = "gusset.breaker.reason";

/// One series a state; the one that the breaker is in is 1, the others are 0.
pub const STATES: Metric = Metric {
    name: "gusset.breaker.state",
    counter: false,
    unit: "1",
    help: "Whether the breaker is in that state: 1 for one of them, 0 for the others.",
    labels: &[STATE],
};

/// Calls that ended, by what they said.
pub const CALLS: Metric = Metric {
    name: "gusset.breaker.calls",
    counter: true,
    unit: "{call}",
    help: "Calls that the breaker admitted and that ended, by their verdict.",
    labels: &[VERDICT],
};

/// Calls that were slow.
pub const SLOW: Metric = Metric {
    name: "gusset.breaker.slow_calls",
    counter: true,
    unit: "{call}",
    help: "Calls that took longer than the breaker calls slow, failed or not.",
    labels: &[],
};

/// Calls that were refused.
pub const REFUSED: Metric = Metric {
    name: "gusset.breaker.refused_calls",
    counter: true,
    unit: "{call}",
    help: "Calls that the breaker refused, by its state.",
    labels: &[STATE],
};

/// Results that came too late.
pub const LATE: Metric = Metric {
    name: "gusset.breaker.late_results",
    counter: true,
    unit: "{call}",
    help: "Results of calls that were admitted before the breaker's last transition; not counted.",
    labels: &[],
};

/// Moves from one state to another.
pub const TRANSITIONS: Metric = Metric {
    name: "gusset.breaker.transitions",
    counter: true,
    unit: "{transition}",
    help: "Moves of the breaker from one state to another.",
    labels: &[FROM, TO, REASON],
};

/// Times that it would have opened, and did not.
pub const SPARED: Metric = Metric {
    name: "gusset.breaker.spared",
    counter: true,
    unit: "{event}",
    help: "Times that the breaker would have opened, but only observes, or too many are open.",
    labels: &[REASON],
};

/// All of them.
pub static ALL: &[&Metric] = &[
    &STATES,
    &CALLS,
    &SLOW,
    &REFUSED,
    &LATE,
    &TRANSITIONS,
    &SPARED,
];
