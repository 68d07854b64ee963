//! The times of one call.

use std::fmt;
use std::time::Duration;

use crate::Phase;

/// Where the time of one call went.
///
/// A phase that did not happen, or not yet, is `None`: name lookup, connect and handshake on a reused connection, the
/// download before the end of the body. What is known adds up to [`total`](Self::total).
///
/// `Display` is what `curl -w` prints of the same call:
///
/// ```
/// use gusset_client::{Phase, Timings};
/// use std::time::Duration;
///
/// let timings = Timings::new(false)
///     .with(Phase::Dns, Duration::from_millis(4))
///     .with(Phase::Tcp, Duration::from_millis(1))
///     .with(Phase::Wait, Duration::ZERO)
///     .with(Phase::FirstByte, Duration::from_millis(50));
///
/// assert_eq!(timings.total(), Duration::from_millis(55));
/// let text = timings.to_string();
/// assert!(text.starts_with("time_namelookup: 0.004000\ntime_connect: 0.005000\n"), "{text}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    phases: [Option<Duration>; Phase::ALL.len()],
    is_reused: bool,
}

// === impl Timings ===

impl Timings {
    /// Creates the times of a call in which no phase has happened yet.
    pub const fn new(is_reused: bool) -> Self {
        Self {
            phases: [None; Phase::ALL.len()],
            is_reused,
        }
    }

    /// Sets the time of a phase.
    #[must_use = "returns the times with the phase"]
    pub fn with(mut self, phase: Phase, time: Duration) -> Self {
        self.phases[phase as usize] = Some(time);
        self
    }

    /// Returns the time of a phase.
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.phases[phase as usize]
    }

    /// Returns the phases that have happened, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        let phases = Phase::ALL.iter().zip(&self.phases);
        phases.filter_map(|(phase, time)| Some((*phase, (*time)?)))
    }

    /// Returns whether the call did not wait for the handshake of its connection: the connection served a call before,
    /// or was established before this one began.
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Returns the time of the whole call: the sum of the phases.
    pub fn total(&self) -> Duration {
        self.phases.iter().flatten().sum()
    }

    /// Returns the time from the start of the call to the end of a phase, as `curl` reports times.
    pub fn until(&self, phase: Phase) -> Duration {
        let phases = &self.phases[..=phase as usize];
        phases.iter().flatten().sum()
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The names of `curl -w`. Times are cumulative there. It writes 0 for a phase that did not happen.
        let connect = |phase| match self.get(phase) {
            Some(_) => self.until(phase),
            None => Duration::ZERO,
        };
        let lines = [
            ("time_namelookup", connect(Phase::Dns)),
            ("time_connect", connect(Phase::Tcp)),
            ("time_appconnect", connect(Phase::Tls)),
            ("time_pretransfer", self.until(Phase::Wait)),
            ("time_posttransfer", self.until(Phase::Send)),
            ("time_starttransfer", self.until(Phase::FirstByte)),
            ("time_total", self.total()),
        ];
        for (name, time) in lines {
            writeln!(f, "{name}: {:.6}", time.as_secs_f64())?;
        }
        let connects = u8::from(!self.is_reused);
        write!(f, "num_connects: {connects}")
    }
}
