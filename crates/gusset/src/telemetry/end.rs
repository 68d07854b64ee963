//! The end of telemetry: what is queued is exported and written, by a deadline.

use std::time::{Duration, Instant};

use gusset_core::Clock;

use super::{ShutdownReport, Telemetry, lock};

/// The part of a shutdown that is left for the log entries of the exporters' end.
const LOG_RESERVE: Duration = Duration::from_millis(100);

// === impl Telemetry ===

impl Telemetry {
    /// Shuts down by the deadline: exports what is queued, writes the last log entries, and reports what
    /// was dropped or not written. It returns when the deadline is over, whatever the collector and the
    /// reader of the log do. Entries that the writer's thread has not written by then are reported as not
    /// written, though it goes on while the process lives: give it some milliseconds.
    pub fn shutdown(self, deadline: Duration) -> ShutdownReport {
        self.shutdown_once(deadline).unwrap_or_else(already_ended)
    }

    /// Shuts down as [`shutdown`](Self::shutdown). Returns `None` if telemetry was shut down before.
    pub(crate) fn shutdown_once(&self, deadline: Duration) -> Option<ShutdownReport> {
        let clock = Clock::system();
        let started = clock.now();
        let otlp = lock(&self.otlp).take()?;
        let flush_guard = lock(&self.flush_guard).take()?;
        let spans = self.sinks.flush_spans(export_timeout(deadline));
        // The pipeline logs its end.
        let export = tracing::dispatcher::with_default(&self.dispatch, || {
            otlp.shutdown(export_timeout(deadline))
        });
        let are_spans_flushed =
            spans.is_none_or(|spans| spans.wait(remaining(deadline, started, clock.now())));
        let logs = self
            .sinks
            .flush_logs(remaining(deadline, started, clock.now()));
        // The log was written meanwhile, too.
        let entries_not_written = flush_guard.shutdown(remaining(deadline, started, clock.now()));
        let are_logs_flushed =
            logs.is_none_or(|logs| logs.wait(remaining(deadline, started, clock.now())));
        self.sinks.end();
        Some(ShutdownReport {
            export,
            entries_not_written,
            not_taken_by_sinks: self.sinks.not_taken(),
            are_sinks_flushed: are_spans_flushed && are_logs_flushed,
        })
    }

    /// Exports what is queued and writes the log. Returns whether both were complete before the
    /// deadline.
    ///
    /// For a process that is frozen between two calls (AWS Lambda), or a job that reports in between.
    /// Blocks this thread until then, at most until the deadline. What is not exported or written by
    /// then follows later. Returns `false` after the shutdown, which waits for a flush in progress.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// assert!(telemetry.flush(Duration::from_secs(5)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush(&self, deadline: Duration) -> bool {
        let clock = Clock::system();
        let started = clock.now();
        let spans = self.sinks.flush_spans(export_timeout(deadline));
        let is_exported = lock(&self.otlp).as_mut().is_some_and(|otlp| {
            let export = otlp.flush(export_timeout(deadline));
            export.completed_in_time()
        });
        let are_spans_flushed =
            spans.is_none_or(|spans| spans.wait(remaining(deadline, started, clock.now())));
        let logs = self
            .sinks
            .flush_logs(remaining(deadline, started, clock.now()));
        let is_written = lock(&self.flush_guard)
            .as_ref()
            .is_some_and(|guard| guard.flush(remaining(deadline, started, clock.now())));
        let are_logs_flushed =
            logs.is_none_or(|logs| logs.wait(remaining(deadline, started, clock.now())));
        is_exported && are_spans_flushed && is_written && are_logs_flushed
    }
}

/// Stands for a report that cannot be missing: only `shutdown` ends telemetry that is not part of a
/// [`Gusset`](crate::Gusset), and it consumes it.
fn already_ended() -> ShutdownReport {
    unreachable!("telemetry that is not shared ends once")
}

/// Returns the time of the exporters. A part of the deadline is left for the log entries of their end.
fn export_timeout(deadline: Duration) -> Duration {
    deadline - (deadline / 10).min(LOG_RESERVE)
}

/// Returns the time from `now` to the deadline, which is not extended: a platform that stops the process
/// counts from its start too.
fn remaining(deadline: Duration, started: Instant, now: Instant) -> Duration {
    deadline.saturating_sub(now.saturating_duration_since(started))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn exporters_leave_a_tenth_of_the_deadline() {
        assert_eq!(export_timeout(Duration::ZERO), Duration::ZERO);
        assert_eq!(export_timeout(millis(10)), millis(9));
        assert_eq!(export_timeout(millis(10_000)), millis(9_900));
        assert_eq!(export_timeout(Duration::MAX), Duration::MAX - LOG_RESERVE);
    }

    #[test]
    fn log_entries_have_what_is_left_and_not_more() {
        let (clock, hand) = Clock::manual();
        let started = clock.now();
        assert_eq!(remaining(millis(10), started, clock.now()), millis(10));
        hand.advance(millis(9));
        assert_eq!(remaining(millis(10), started, clock.now()), millis(1));
        hand.advance(millis(1));
        assert_eq!(remaining(millis(10), started, clock.now()), Duration::ZERO);
        hand.advance(millis(1));
        assert_eq!(remaining(millis(10), started, clock.now()), Duration::ZERO);
    }
}
