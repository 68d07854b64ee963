//! The counters of the log's own metrics.

use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Counter, Label};
use tracing::Level;

use crate::level::{LEVELS, level_index, level_name};
use crate::names;

#[derive(Clone, Copy, Debug)]
pub(crate) enum DropReason {
    QueueFull,
    WriteFailed,
    RateLimited,
}

/// The counters; empty without a recorder.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    entries: Option<[Counter; 5]>,
    dropped: Option<[[Counter; 5]; 3]>,
}

// === impl Counters ===

impl Counters {
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        for metric in names::ALL {
            metric.describe(recorder);
        }
        let level = |level| Label::from_static_parts(names::GUSSET_LOG_LEVEL, level_name(level));
        let counter = |metric: MetricDescriptor, labels| metric.counter(recorder, labels);
        // In the order of `DropReason`.
        let reasons = ["full", "failed", "rate_limited"];
        Self {
            entries: Some(LEVELS.map(|at| counter(names::ENTRIES, vec![level(at)]))),
            dropped: Some(reasons.map(|reason| {
                let reason = Label::from_static_parts(names::GUSSET_LOG_REASON, reason);
                LEVELS.map(|at| counter(names::DROPPED, vec![level(at), reason.clone()]))
            })),
        }
    }

    /// Counts an entry that the writer's queue accepted.
    #[inline]
    pub(crate) fn entry(&self, level: Level) {
        if let Some(entries) = &self.entries {
            entries[level_index(level)].increment(1);
        }
    }

    pub(crate) fn dropped(&self, level_index: usize, reason: DropReason, entries: u64) {
        if let Some(dropped) = &self.dropped {
            dropped[reason as usize][level_index].increment(entries);
        }
    }
}
