//! The metrics of a state: which it is, and how long it was.

use std::time::{Duration, Instant};

use gusset_data::SharedRecorder;
use metrics::{Counter, Gauge, Label};

use super::status::Watched;
use crate::{State, names};

/// The metric handles of one objective or range, resolved once.
pub(super) struct StateMetrics {
    states: [Gauge; State::ALL.len()],
    times: [Counter; State::ALL.len()],
    current: State,
    last: Option<Instant>,
    /// Parts of a second that are not counted yet, of each state.
    rest: [Duration; State::ALL.len()],
}

// === impl StateMetrics ===

impl StateMetrics {
    pub(super) fn new(recorder: &SharedRecorder, kind: Watched, name: &str) -> Self {
        let (label, state, time) = match kind {
            Watched::Objective => (
                names::OBJECTIVE,
                names::OBJECTIVE_STATE,
                names::OBJECTIVE_TIME,
            ),
            Watched::Range => (names::RANGE, names::RANGE_STATE, names::RANGE_TIME),
        };
        state.describe(recorder);
        time.describe(recorder);
        let labels = |of: State| {
            vec![
                Label::new(label, name.to_owned()),
                Label::new(names::STATE, of.as_str()),
            ]
        };
        let this = Self {
            states: State::ALL.map(|of| state.gauge(recorder, labels(of))),
            times: State::ALL.map(|of| time.counter(recorder, labels(of))),
            current: State::Unknown,
            last: None,
            rest: [Duration::ZERO; State::ALL.len()],
        };
        // From the start, so that a rate over the first seconds is known.
        this.times.iter().for_each(|time| time.increment(0));
        this.set();
        this
    }

    /// Counts the time since the last evaluation for the state before, and sets the state.
    pub(super) fn update(&mut self, state: State, now: Instant) {
        let since = self.last.replace(now);
        let elapsed = since.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        let at = index(self.current);
        let total = self.rest[at] + elapsed;
        self.times[at].increment(total.as_secs());
        self.rest[at] = Duration::from_nanos(total.subsec_nanos().into());
        self.current = state;
        self.set();
    }

    fn set(&self) {
        for (state, gauge) in State::ALL.iter().zip(&self.states) {
            gauge.set(f64::from(u8::from(*state == self.current)));
        }
    }
}

fn index(state: State) -> usize {
    state as usize
}
