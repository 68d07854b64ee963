//! The metrics of a breaker, recorded through the `metrics` facade.

use std::fmt;
use std::sync::Arc;

use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Counter, Gauge, Label};

use crate::names;
use crate::{CallResult, Reason, State, Transition};

/// The metric handles of one breaker. Most are registered when the breaker is built.
pub(crate) struct Metrics {
    recorder: SharedRecorder,
    name: Arc<str>,
    states: [Gauge; State::ALL.len()],
    calls: [Counter; RESULTS.len()],
    slow_calls: Counter,
    rejected_calls: [Counter; REJECTING_STATES.len()],
    stale_results: Counter,
}

/// In the order of the variants, by which `calls` is indexed.
const RESULTS: [CallResult; 4] = [
    CallResult::Success,
    CallResult::Failure,
    CallResult::Throttled,
    CallResult::Ignored,
];
const REJECTING_STATES: [State; 3] = [State::Open, State::HalfOpen, State::ForcedOpen];

// === impl Metrics ===

impl Metrics {
    pub(crate) fn new(recorder: SharedRecorder, name: &Arc<str>, state: State) -> Self {
        for metric in names::ALL {
            metric.describe(&recorder);
        }
        let counter = |metric: &MetricDescriptor, label: Option<(&'static str, &'static str)>| {
            metric.counter(&recorder, labels(name, label.as_slice()))
        };
        let states = State::ALL.map(|state| {
            let label = (names::STATE, state.as_str());
            names::STATES.gauge(&recorder, labels(name, &[label]))
        });
        for (other, gauge) in State::ALL.iter().zip(&states) {
            gauge.set(if *other == state { 1.0 } else { 0.0 });
        }
        Self {
            states,
            calls: RESULTS
                .map(|result| counter(&names::CALLS, Some((names::RESULT, result.as_str())))),
            slow_calls: counter(&names::SLOW_CALLS, None),
            rejected_calls: REJECTING_STATES
                .map(|state| counter(&names::REJECTED_CALLS, Some((names::STATE, state.as_str())))),
            stale_results: counter(&names::STALE_RESULTS, None),
            name: name.clone(),
            recorder,
        }
    }

    #[inline]
    pub(crate) fn record_call(&self, result: CallResult, slow: bool) {
        self.calls[result as usize].increment(1);
        if slow {
            self.slow_calls.increment(1);
        }
    }

    pub(crate) fn record_stale(&self) {
        self.stale_results.increment(1);
    }

    pub(crate) fn record_rejected(&self, state: State) {
        if let Some(index) = REJECTING_STATES.iter().position(|other| *other == state) {
            self.rejected_calls[index].increment(1);
        }
    }

    /// Records a transition. Called for one transition at a time.
    pub(crate) fn record_transition(&self, transition: &Transition) {
        self.states[transition.from as usize].set(0.0);
        self.states[transition.to as usize].set(1.0);
        let labels = labels(
            &self.name,
            &[
                (names::FROM, transition.from.as_str()),
                (names::TO, transition.to.as_str()),
                (names::REASON, transition.reason.as_str()),
            ],
        );
        names::TRANSITIONS
            .counter(&self.recorder, labels)
            .increment(1);
    }

    pub(crate) fn record_suppressed_trip(&self, reason: Reason) {
        let labels = labels(&self.name, &[(names::REASON, reason.as_str())]);
        names::SUPPRESSED_TRIPS
            .counter(&self.recorder, labels)
            .increment(1);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn labels(name: &Arc<str>, more: &[(&'static str, &'static str)]) -> Vec<Label> {
    let mut labels = vec![Label::new(names::NAME, name.clone())];
    labels.extend(
        more.iter()
            .map(|(key, value)| Label::from_static_parts(key, value)),
    );
    labels
}
