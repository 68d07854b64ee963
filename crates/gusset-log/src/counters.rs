//! What is counted of lines.

use std::fmt;
use std::sync::Arc;

use metrics::{Counter, Key, KeyName, Label, Level as MetricLevel, Metadata, Unit};
use tracing::Level;

use crate::format::shape::level_in_lower_case;
use crate::names;

/// Where metrics are recorded: any recorder of the `metrics` facade, shared by handle, so that no
/// global is needed and several live in one process.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

const METADATA: Metadata<'_> = Metadata::new("gusset", MetricLevel::INFO, None);

pub(crate) const LEVELS: [Level; 5] = [
    Level::ERROR,
    Level::WARN,
    Level::INFO,
    Level::DEBUG,
    Level::TRACE,
];

/// Why a line is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reason {
    Full,
    Failed,
    RateLimited,
}

/// So many of each level, in the order of [`LEVELS`].
pub(crate) type PerLevel = [u64; 5];

/// The handles; none of them without a recorder.
#[derive(Default)]
pub(crate) struct Counters {
    lines: Option<[Counter; 5]>,
    dropped: Option<[[Counter; 5]; 3]>,
}

#[inline]
pub(crate) fn place(level: Level) -> usize {
    match level {
        Level::ERROR => 0,
        Level::WARN => 1,
        Level::INFO => 2,
        Level::DEBUG => 3,
        Level::TRACE => 4,
    }
}

// === impl Counters ===

impl Counters {
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        for metric in names::ALL {
            let name = KeyName::from_const_str(metric.name);
            recorder.describe_counter(name, Some(Unit::Count), metric.help.into());
        }
        let level = |level| Label::from_static_parts(names::LEVEL, level_in_lower_case(level));
        let counter = |metric: names::Metric, labels: Vec<Label>| {
            recorder.register_counter(&Key::from_parts(metric.name, labels), &METADATA)
        };
        let reasons = ["full", "failed", "rate_limited"];
        Self {
            lines: Some(LEVELS.map(|at| counter(names::LINES, vec![level(at)]))),
            dropped: Some(reasons.map(|reason| {
                let reason = Label::from_static_parts(names::REASON, reason);
                LEVELS.map(|at| counter(names::DROPPED, vec![level(at), reason.clone()]))
            })),
        }
    }

    #[inline]
    pub(crate) fn line(&self, level: Level) {
        if let Some(lines) = &self.lines {
            lines[place(level)].increment(1);
        }
    }

    pub(crate) fn dropped(&self, place: usize, reason: Reason, lines: u64) {
        if let Some(dropped) = &self.dropped {
            dropped[reason as usize][place].increment(lines);
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}
