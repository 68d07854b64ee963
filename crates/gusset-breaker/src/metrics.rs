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
    /// `None` if several breakers share the name, so that the state of one would hide the others.
    states: Option<[Gauge; State::ALL.len()]>,
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
    /// Registers the series. `state` is `None` if several breakers share the name.
    pub(crate) fn new(recorder: SharedRecorder, name: &Arc<str>, state: Option<State>) -> Self {
        for metric in names::ALL {
            if metric.name.starts_with("gusset.breaker.") {
                metric.describe(&recorder);
            }
        }
        let counter = |metric: &MetricDescriptor, label: Option<(&'static str, &'static str)>| {
            metric.counter(&recorder, labels(name, label.as_slice()))
        };
        let states = state.map(|_| {
            State::ALL.map(|state| {
                let label = (names::STATE, state.as_str());
                names::STATES.gauge(&recorder, labels(name, &[label]))
            })
        });
        let metrics = Self {
            states,
            calls: RESULTS
                .map(|result| counter(&names::CALLS, Some((names::RESULT, result.as_str())))),
            slow_calls: counter(&names::SLOW_CALLS, None),
            rejected_calls: REJECTING_STATES
                .map(|state| counter(&names::REJECTED_CALLS, Some((names::STATE, state.as_str())))),
            stale_results: counter(&names::STALE_RESULTS, None),
            name: name.clone(),
            recorder,
        };
        if let Some(state) = state {
            metrics.set_state(state);
        }
        metrics
    }

    /// Sets the state gauges.
    pub(crate) fn set_state(&self, state: State) {
        for (other, gauge) in State::ALL.iter().zip(self.states.iter().flatten()) {
            gauge.set(if *other == state { 1.0 } else { 0.0 });
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
        if let Some(states) = &self.states {
            states[transition.from as usize].set(0.0);
            states[transition.to as usize].set(1.0);
        }
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

/// The metric handles of a throttle.
#[derive(Debug)]
pub(crate) struct ThrottleMetrics {
    pub(crate) calls: [Counter; RESULTS.len()],
    pub(crate) rejected_calls: Counter,
    pub(crate) suppressed_rejections: Counter,
    pub(crate) probability: Gauge,
}

/// The metric handles of a bulkhead.
#[derive(Debug)]
pub(crate) struct BulkheadMetrics {
    pub(crate) in_flight: Gauge,
    pub(crate) limit: Gauge,
    pub(crate) rejected_calls: Counter,
    pub(crate) suppressed_rejections: Counter,
}

// === impl ThrottleMetrics ===

impl ThrottleMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, name: &Arc<str>) -> Self {
        let described = |metric: &MetricDescriptor| metric.describe(recorder);
        described(&names::THROTTLE_CALLS);
        described(&names::THROTTLE_REJECTED_CALLS);
        described(&names::THROTTLE_SUPPRESSED_REJECTIONS);
        described(&names::THROTTLE_REJECT_PROBABILITY);
        let labels = || vec![Label::new(names::THROTTLE_NAME, name.clone())];
        let probability = names::THROTTLE_REJECT_PROBABILITY.gauge(recorder, labels());
        probability.set(0.0);
        Self {
            calls: RESULTS.map(|result| {
                let mut labels = labels();
                let result = result.as_str();
                labels.push(Label::from_static_parts(names::THROTTLE_RESULT, result));
                names::THROTTLE_CALLS.counter(recorder, labels)
            }),
            rejected_calls: names::THROTTLE_REJECTED_CALLS.counter(recorder, labels()),
            suppressed_rejections: names::THROTTLE_SUPPRESSED_REJECTIONS
                .counter(recorder, labels()),
            probability,
        }
    }
}

// === impl BulkheadMetrics ===

impl BulkheadMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, name: &Arc<str>, limit: usize) -> Self {
        let described = |metric: &MetricDescriptor| metric.describe(recorder);
        described(&names::BULKHEAD_IN_FLIGHT);
        described(&names::BULKHEAD_LIMIT);
        described(&names::BULKHEAD_REJECTED_CALLS);
        described(&names::BULKHEAD_SUPPRESSED_REJECTIONS);
        let labels = || vec![Label::new(names::BULKHEAD_NAME, name.clone())];
        let metrics = Self {
            in_flight: names::BULKHEAD_IN_FLIGHT.gauge(recorder, labels()),
            limit: names::BULKHEAD_LIMIT.gauge(recorder, labels()),
            rejected_calls: names::BULKHEAD_REJECTED_CALLS.counter(recorder, labels()),
            suppressed_rejections: names::BULKHEAD_SUPPRESSED_REJECTIONS
                .counter(recorder, labels()),
        };
        metrics.in_flight.set(0.0);
        metrics.limit.set(limit as f64);
        metrics
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
