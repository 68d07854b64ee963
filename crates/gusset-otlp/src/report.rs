//! The report on exported and dropped telemetry.

use std::fmt;

use crate::Signal;

/// The counts of exported and dropped telemetry since the start.
///
/// Returned by [`OtlpPipeline::shutdown`](crate::OtlpPipeline::shutdown) and
/// [`OtlpPipeline::flush`](crate::OtlpPipeline::flush).
///
/// ```
/// use std::time::Duration;
///
/// use gusset_otlp::{OtlpPipeline, Signal};
///
/// # fn main() -> Result<(), gusset_otlp::ConfigError> {
/// let pipeline = OtlpPipeline::builder().build_with(|_| None)?;
/// let report = pipeline.shutdown(Duration::from_secs(5));
/// assert_eq!(report.dropped(), 0);
/// assert_eq!(report.counts(Signal::Traces).exported, 0);
/// assert_eq!(report.to_string(), "nothing exported, nothing dropped");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it counts the dropped telemetry"]
pub struct ExportReport {
    counts: [SignalCounts; 3],
    completed_in_time: bool,
}

/// The counts of spans, metric data points or log records since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalCounts {
    /// Items that the receiver accepted.
    pub exported: u64,
    /// Items that did not enter the queue, because it was full or the pipeline was shut down.
    pub enqueue_failed: u64,
    /// Items whose export failed after all retries, or that the receiver rejected.
    pub send_failed: u64,
    /// Items that were still queued or being exported at the deadline.
    pub pending: u64,
}

// === impl ExportReport ===

impl ExportReport {
    pub(crate) fn new(counts: [SignalCounts; 3], completed_in_time: bool) -> Self {
        Self {
            counts,
            completed_in_time,
        }
    }

    /// Returns the counts of one signal.
    pub fn counts(&self, signal: Signal) -> SignalCounts {
        self.counts[signal.index()]
    }

    /// Returns the number of items, of all signals, that no receiver accepted.
    pub fn dropped(&self) -> u64 {
        self.counts.iter().map(SignalCounts::dropped).sum()
    }

    /// Returns whether all signals were flushed before the deadline.
    pub fn completed_in_time(&self) -> bool {
        self.completed_in_time
    }
}

impl fmt::Display for ExportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for signal in Signal::ALL {
            let counts = self.counts(signal);
            if counts == SignalCounts::default() {
                continue;
            }
            let separator = if any { "; " } else { "" };
            write!(
                f,
                "{separator}{}: {} exported, {} dropped",
                signal.items(),
                counts.exported,
                counts.dropped()
            )?;
            any = true;
        }
        if !any {
            f.write_str("nothing exported, nothing dropped")?;
        }
        Ok(())
    }
}

// === impl SignalCounts ===

impl SignalCounts {
    /// Returns the number of items that no receiver accepted: `enqueue_failed`, `send_failed` and
    /// `pending`.
    pub fn dropped(&self) -> u64 {
        let Self {
            exported: _,
            enqueue_failed,
            send_failed,
            pending,
        } = self;
        enqueue_failed + send_failed + pending
    }

    /// Returns the number of dropped items while pending ones may still be exported.
    pub(crate) fn dropped_so_far(&self) -> u64 {
        self.enqueue_failed + self.send_failed
    }
}
