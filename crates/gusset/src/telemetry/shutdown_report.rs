//! The report on telemetry that was lost.

use std::fmt;

use gusset_otlp::{ExportReport, Signal, SignalCounts};

/// The counts of telemetry that was exported, dropped or not written since the start.
///
/// Returned by [`Telemetry::shutdown`](crate::Telemetry::shutdown).
///
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let telemetry = gusset::telemetry().build_with(|_| None)?;
/// let report = telemetry.shutdown(Duration::from_secs(5));
/// assert_eq!(report.dropped(), 0);
/// assert_eq!(report.to_string(), "nothing exported, nothing dropped");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it counts the lost telemetry"]
pub struct ShutdownReport {
    pub(super) export: ExportReport,
    pub(super) entries_not_written: u64,
    pub(super) not_taken_by_sinks: u64,
    pub(super) are_sinks_flushed: bool,
}

// === impl ShutdownReport ===

impl ShutdownReport {
    /// Returns the report of the OTLP pipeline.
    pub fn export(&self) -> ExportReport {
        self.export
    }

    /// Returns the counts of one signal of the OTLP pipeline.
    pub fn counts(&self, signal: Signal) -> SignalCounts {
        self.export.counts(signal)
    }

    /// Returns the number of log entries that were not written: the queue was full, the output failed, or
    /// they were still queued at the deadline.
    pub fn entries_not_written(&self) -> u64 {
        self.entries_not_written
    }

    /// Returns the number of spans and records that sinks of [`spans`](crate::TelemetryBuilder::spans) and
    /// [`logs`](crate::TelemetryBuilder::logs) did not take: their queues were full, or still had them at the
    /// deadline. A sink that brings its own queue, or is the only one, counts itself.
    pub fn not_taken_by_sinks(&self) -> u64 {
        self.not_taken_by_sinks
    }

    /// Returns the number of items that no receiver accepted, of log entries that were not written, and of
    /// spans and records that sinks did not take.
    pub fn dropped(&self) -> u64 {
        self.export.dropped() + self.entries_not_written + self.not_taken_by_sinks
    }

    /// Returns whether all signals were exported, and sinks were flushed, before the deadline.
    pub fn completed_in_time(&self) -> bool {
        self.export.completed_in_time() && self.are_sinks_flushed
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entries, items) = (self.entries_not_written, self.not_taken_by_sinks);
        if (entries, items) == (0, 0) {
            return self.export.fmt(f);
        }
        let signals = [Signal::Traces, Signal::Metrics, Signal::Logs];
        let is_empty = |signal| self.counts(signal) == SignalCounts::default();
        match signals.into_iter().all(is_empty) {
            true => f.write_str("nothing exported")?,
            false => self.export.fmt(f)?,
        }
        if entries > 0 {
            write!(f, "; log entries: {entries} not written")?;
        }
        if items > 0 {
            write!(f, "; sinks: {items} not taken")?;
        }
        Ok(())
    }
}
