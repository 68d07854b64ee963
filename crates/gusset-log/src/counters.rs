//! The counters of the log's own metrics.

use gusset_core::PanicCounter;
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
    /// The panics of the recorder, which would reach the code that logs, or end the writer's thread.
    panics: PanicCounter,
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
            panics: PanicCounter::new(),
        }
    }

    /// Counts an entry that the writer's queue accepted.
    #[inline]
    pub(crate) fn entry(&self, level: Level) {
        if let Some(entries) = &self.entries {
            self.increment(&entries[level_index(level)], 1);
        }
    }

    pub(crate) fn dropped(&self, level_index: usize, reason: DropReason, entries: u64) {
        if let Some(dropped) = &self.dropped {
            self.increment(&dropped[reason as usize][level_index], entries);
        }
    }

    #[inline]
    fn increment(&self, counter: &Counter, value: u64) {
        // Not logged, because the entry would be counted too. The panic hook has reported it.
        let _ = self.panics.catch(|| counter.increment(value), || ());
    }
}
