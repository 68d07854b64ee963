//! What is told to a recorder of the `metrics` facade.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Unit};

use crate::check::Ending;
use crate::names::{self, Kind, Metric};
use crate::{Heartbeat, Phase, Status};

/// Where metrics are recorded: any recorder of the `metrics` facade, shared by handle, so that no
/// global is needed and several live in one process.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

const RESULTS: [&str; 5] = ["up", "degraded", "down", "timeout", "panic"];

/// The handles of one check.
pub(crate) struct CheckMetrics {
    statuses: [Gauge; Status::ALL.len()],
    runs: [Counter; RESULTS.len()],
    duration: Histogram,
}

/// The handles of the whole.
pub(crate) struct HealthMetrics {
    phases: [Gauge; Phase::ALL.len()],
    ready: Gauge,
    live: Gauge,
    healthy: Gauge,
    heartbeats: Vec<Gauge>,
    stragglers: Counter,
}

pub(crate) fn describe(recorder: &SharedRecorder) {
    for metric in names::ALL {
        let name = KeyName::from_const_str(metric.name);
        let unit = Some(match metric.unit {
            "s" => Unit::Seconds,
            _ => Unit::Count,
        });
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, unit, metric.help.into()),
            Kind::Gauge => recorder.describe_gauge(name, unit, metric.help.into()),
            Kind::Histogram => recorder.describe_histogram(name, unit, metric.help.into()),
        }
    }
}

fn key(metric: &Metric, labels: &[(&'static str, &str)]) -> Key {
    let labels = labels.iter();
    let labels: Vec<_> = labels
        .map(|(key, value)| Label::new(*key, (*value).to_owned()))
        .collect();
    Key::from_parts(metric.name, labels)
}

/// 1 for the one that is, 0 for the others.
fn set_one<T: PartialEq>(all: &[T], gauges: &[Gauge], is: &T) {
    for (of, gauge) in all.iter().zip(gauges) {
        gauge.set(f64::from(u8::from(of == is)));
    }
}

// === impl CheckMetrics ===

impl CheckMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, check: &str) -> Self {
        let this = Self {
            statuses: Status::ALL.map(|status| {
                let labels = [(names::CHECK, check), (names::STATUS, status.as_str())];
                recorder.register_gauge(&key(&names::CHECK_STATUS, &labels), &METADATA)
            }),
            runs: RESULTS.map(|result| {
                let labels = [(names::CHECK, check), (names::RESULT, result)];
                recorder.register_counter(&key(&names::CHECK_RUNS, &labels), &METADATA)
            }),
            duration: recorder.register_histogram(
                &key(&names::CHECK_DURATION, &[(names::CHECK, check)]),
                &METADATA,
            ),
        };
        this.status(Status::Unknown);
        this
    }

    pub(crate) fn status(&self, status: Status) {
        set_one(&Status::ALL, &self.statuses, &status);
    }

    pub(crate) fn ran(&self, found: Status, ending: Ending, took: Duration) {
        let result = match (ending, found) {
            (Ending::Panicked, _) => 4,
            (Ending::TimedOut, _) => 3,
            (Ending::Finished, Status::Up) => 0,
            (Ending::Finished, Status::Degraded) => 1,
            (Ending::Finished, _) => 2,
        };
        self.runs[result].increment(1);
        self.duration.record(took.as_secs_f64());
    }
}

impl fmt::Debug for CheckMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckMetrics")
    }
}

// === impl HealthMetrics ===

impl HealthMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, heartbeats: &[Heartbeat]) -> Self {
        let gauge = |metric, labels: &[_]| recorder.register_gauge(&key(metric, labels), &METADATA);
        let heartbeats = heartbeats.iter();
        Self {
            phases: Phase::ALL
                .map(|phase| gauge(&names::PHASES, &[(names::PHASE, phase.as_str())])),
            ready: gauge(&names::READY, &[]),
            live: gauge(&names::LIVE, &[]),
            healthy: gauge(&names::HEALTHY, &[]),
            heartbeats: heartbeats
                .map(|beat| gauge(&names::HEARTBEAT_AGE, &[(names::HEARTBEAT, beat.name())]))
                .collect(),
            stragglers: recorder.register_counter(&key(&names::STRAGGLERS, &[]), &METADATA),
        }
    }

    pub(crate) fn publish(&self, phase: Phase, [ready, live, healthy]: [bool; 3]) {
        set_one(&Phase::ALL, &self.phases, &phase);
        for (gauge, is) in [
            (&self.ready, ready),
            (&self.live, live),
            (&self.healthy, healthy),
        ] {
            gauge.set(f64::from(u8::from(is)));
        }
    }

    pub(crate) fn heartbeats(&self, heartbeats: &[Heartbeat]) {
        for (gauge, beat) in self.heartbeats.iter().zip(heartbeats) {
            gauge.set(beat.age().unwrap_or_default().as_secs_f64());
        }
    }

    pub(crate) fn stragglers(&self, calls: usize) {
        self.stragglers.increment(calls as u64);
    }
}

impl fmt::Debug for HealthMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthMetrics")
    }
}
