//! Recording of the state of the service.

use std::fmt;

use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Counter, Gauge, Label};

use crate::{Heartbeat, Phase, names};

/// The metric handles of the service, resolved once.
pub(crate) struct HealthMetrics {
    phases: [Gauge; Phase::ALL.len()],
    ready: Gauge,
    live: Gauge,
    healthy: Gauge,
    heartbeats: Vec<Gauge>,
    unfinished_requests: Counter,
}

/// Describes all health metrics to the recorder.
pub(crate) fn describe(recorder: &SharedRecorder) {
    for metric in names::ALL {
        metric.describe(recorder);
    }
}

pub(crate) fn labels(labels: &[(&'static str, &str)]) -> Vec<Label> {
    labels
        .iter()
        .map(|(key, value)| Label::new(*key, (*value).to_owned()))
        .collect()
}

/// Sets the gauge of the current value to 1 and the others to 0.
pub(crate) fn set_current<T: PartialEq>(values: &[T], gauges: &[Gauge], current: &T) {
    for (value, gauge) in values.iter().zip(gauges) {
        gauge.set(f64::from(u8::from(value == current)));
    }
}

// === impl HealthMetrics ===

impl HealthMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, heartbeats: &[Heartbeat]) -> Self {
        let gauge = |metric: MetricDescriptor, pairs: &[_]| metric.gauge(recorder, labels(pairs));
        let heartbeats = heartbeats.iter();
        Self {
            phases: Phase::ALL.map(|phase| gauge(names::PHASES, &[(names::PHASE, phase.as_str())])),
            ready: gauge(names::READY, &[]),
            live: gauge(names::LIVE, &[]),
            healthy: gauge(names::HEALTHY, &[]),
            heartbeats: heartbeats
                .map(|beat| gauge(names::HEARTBEAT_AGE, &[(names::HEARTBEAT, beat.name())]))
                .collect(),
            unfinished_requests: names::UNFINISHED_REQUESTS.counter(recorder, Vec::new()),
        }
    }

    pub(crate) fn set_state(&self, phase: Phase, [ready, live, healthy]: [bool; 3]) {
        set_current(&Phase::ALL, &self.phases, &phase);
        for (gauge, value) in [
            (&self.ready, ready),
            (&self.live, live),
            (&self.healthy, healthy),
        ] {
            gauge.set(f64::from(u8::from(value)));
        }
    }

    pub(crate) fn set_heartbeat_ages(&self, heartbeats: &[Heartbeat]) {
        for (gauge, beat) in self.heartbeats.iter().zip(heartbeats) {
            gauge.set(beat.age().unwrap_or_default().as_secs_f64());
        }
    }

    pub(crate) fn add_unfinished_requests(&self, requests: usize) {
        self.unfinished_requests.increment(requests as u64);
    }
}

impl fmt::Debug for HealthMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthMetrics")
    }
}
