//! What a breaker tells a recorder of the `metrics` facade.

use std::fmt;
use std::sync::Arc;

use metrics::{Counter, Gauge, Key, KeyName, Label, Level, Metadata, Unit};

use crate::names::{self, Metric};
use crate::{Reason, State, Transition, Vote};

/// Where metrics are recorded: any recorder of the `metrics` facade, shared by handle, so that no
/// global is needed and several live in one process.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

/// The handles of one breaker, resolved when it is built.
pub(crate) struct Metrics {
    recorder: SharedRecorder,
    name: Arc<str>,
    states: [Gauge; State::ALL.len()],
    calls: [Counter; 4],
    slow: Counter,
    refused: [Counter; 3],
    late: Counter,
}

const VOTES: [Vote; 4] = [Vote::Success, Vote::Failure, Vote::Throttled, Vote::Ignore];
const REFUSING: [State; 3] = [State::Open, State::HalfOpen, State::ForcedOpen];

// === impl Metrics ===

impl Metrics {
    pub(crate) fn new(recorder: SharedRecorder, name: &Arc<str>, state: State) -> Self {
        for metric in names::ALL {
            describe(&recorder, metric);
        }
        let labels = |label: Option<(&'static str, &'static str)>| labels(name, label.as_slice());
        let counter = |metric: &Metric, label| {
            recorder.register_counter(&Key::from_parts(metric.name, labels(label)), &METADATA)
        };
        let states = State::ALL.map(|state| {
            let labels = labels(Some((names::STATE, state.as_str())));
            recorder.register_gauge(&Key::from_parts(names::STATES.name, labels), &METADATA)
        });
        for (of, gauge) in State::ALL.iter().zip(&states) {
            gauge.set(if *of == state { 1.0 } else { 0.0 });
        }
        Self {
            states,
            calls: VOTES.map(|vote| counter(&names::CALLS, Some((names::VERDICT, vote.as_str())))),
            slow: counter(&names::SLOW, None),
            refused: REFUSING
                .map(|state| counter(&names::REFUSED, Some((names::STATE, state.as_str())))),
            late: counter(&names::LATE, None),
            name: name.clone(),
            recorder,
        }
    }

    #[inline]
    pub(crate) fn voted(&self, vote: Vote, slow: bool) {
        self.calls[vote as usize].increment(1);
        if slow {
            self.slow.increment(1);
        }
    }

    pub(crate) fn late(&self) {
        self.late.increment(1);
    }

    pub(crate) fn refused(&self, state: State) {
        if let Some(at) = REFUSING.iter().position(|of| *of == state) {
            self.refused[at].increment(1);
        }
    }

    /// Called for one transition after the other.
    pub(crate) fn moved(&self, transition: &Transition) {
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
        self.count(&names::TRANSITIONS, labels);
    }

    pub(crate) fn spared(&self, reason: Reason) {
        let labels = labels(&self.name, &[(names::REASON, reason.as_str())]);
        self.count(&names::SPARED, labels);
    }

    fn count(&self, metric: &Metric, labels: Vec<Label>) {
        let key = Key::from_parts(metric.name, labels);
        self.recorder.register_counter(&key, &METADATA).increment(1);
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

fn describe(recorder: &SharedRecorder, metric: &Metric) {
    let name = KeyName::from_const_str(metric.name);
    let help = metric.help.into();
    if metric.counter {
        recorder.describe_counter(name, Some(Unit::Count), help);
    } else {
        recorder.describe_gauge(name, Some(Unit::Count), help);
    }
}
