//! What was exported, and what was lost.

use std::fmt;

use crate::Signal;

/// What became of everything, told by [`Telemetry::shutdown`](crate::Telemetry::shutdown) and
/// [`Telemetry::flush`](crate::Telemetry::flush).
///
/// ```
/// use std::time::Duration;
///
/// use gusset_otlp::{Signal, Telemetry};
///
/// # fn main() -> Result<(), gusset_otlp::ConfigError> {
/// let telemetry = Telemetry::builder().build_with(|_| None)?;
/// let report = telemetry.shutdown(Duration::from_secs(5));
/// assert_eq!(report.lost(), 0);
/// assert_eq!(report.of(Signal::Traces).exported, 0);
/// assert_eq!(report.to_string(), "nothing was exported, nothing was lost");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it tells what was lost"]
pub struct Report {
    counts: [Count; 3],
    in_time: bool,
}

/// What became of the spans, data points or log records since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// Taken by the receiver.
    pub exported: u64,
    /// Not taken in: the queue was full, or everything had ended.
    pub dropped: u64,
    /// Given up after all tries, or refused by the receiver.
    pub failed: u64,
    /// Still in the queue, or under way, when the time was up.
    pub left: u64,
}

// === impl Report ===

impl Report {
    pub(crate) fn new(counts: [Count; 3], in_time: bool) -> Self {
        Self { counts, in_time }
    }

    /// The numbers of one signal.
    pub fn of(&self, signal: Signal) -> Count {
        self.counts[signal.index()]
    }

    /// Everything that no receiver has taken, of all signals.
    pub fn lost(&self) -> u64 {
        self.counts.iter().map(Count::lost).sum()
    }

    /// Whether every road came to its end before the deadline.
    pub fn in_time(&self) -> bool {
        self.in_time
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for signal in Signal::ALL {
            let count = self.of(signal);
            if count == Count::default() {
                continue;
            }
            let comma = if any { "; " } else { "" };
            let (what, Count { exported, .. }) = (signal.items(), count);
            write!(
                f,
                "{comma}{what}: {exported} exported, {} lost",
                count.lost()
            )?;
            any = true;
        }
        if !any {
            f.write_str("nothing was exported, nothing was lost")?;
        }
        Ok(())
    }
}

// === impl Count ===

impl Count {
    /// What no receiver has taken.
    pub fn lost(&self) -> u64 {
        let Self {
            exported: _,
            dropped,
            failed,
            left,
        } = self;
        dropped + failed + left
    }

    /// What is lost while there may be more to come.
    pub(crate) fn lost_so_far(&self) -> u64 {
        self.dropped + self.failed
    }
}
