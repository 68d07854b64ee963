//! The settings of a sampler.

use std::fmt;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime};

use gusset_core::{Clock, ConfigError};

use super::worker::Worker;
use super::{Latest, Shared, SystemSampler};
use crate::Source;

/// Configures and starts a [`SystemSampler`].
///
/// ```
/// use std::time::Duration;
/// use gusset_system::SystemSampler;
///
/// # fn main() -> Result<(), gusset_system::ConfigError> {
/// let sampler = SystemSampler::builder().interval(Duration::from_secs(5)).start()?;
///
/// let invalid = SystemSampler::builder().interval(Duration::ZERO).start();
/// assert_eq!(
///     invalid.unwrap_err().to_string(),
///     "`interval`: 0ns is too short, counters of the kernel have steps of 10 ms; set 1 s or more",
/// );
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start` is called"]
pub struct SystemSamplerBuilder {
    interval: Duration,
    without_system: bool,
    sources: Vec<Box<dyn Source>>,
    classic_names: bool,
    clock: Clock,
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const MIN_INTERVAL: Duration = Duration::from_secs(1);
const THREAD_NAME: &str = "gusset-system";

// === impl SystemSamplerBuilder ===

impl SystemSamplerBuilder {
    pub(super) fn new() -> Self {
        Self {
            interval: DEFAULT_INTERVAL,
            without_system: false,
            sources: Vec::new(),
            classic_names: false,
            clock: Clock::system(),
        }
    }

    /// Sets the time between two snapshots. Defaults to 10 s; 1 s at least.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Adds a source, which is read after the system, in the order of the calls.
    pub fn source(mut self, source: impl Source) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// Leaves out the system: only the sources are read. For tests, and for a reader of another folder.
    pub fn without_system(mut self) -> Self {
        self.without_system = true;
        self
    }

    /// Adds the names of Prometheus's client libraries, [`names::CLASSIC`](crate::names::CLASSIC): many dashboards
    /// have `process_cpu_seconds_total`.
    pub fn classic_names(mut self) -> Self {
        self.classic_names = true;
        self
    }

    /// Sets the clock of [`Snapshot::time`](crate::Snapshot::time), for tests. When snapshots are taken does not
    /// depend on it.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Takes the first snapshot, and starts the thread that takes the others.
    ///
    /// # Errors
    /// If the interval is too short, or the thread cannot be started.
    pub fn start(self) -> Result<SystemSampler, ConfigError> {
        let Self {
            interval,
            without_system,
            sources,
            classic_names,
            clock,
        } = self;
        if interval < MIN_INTERVAL {
            let problem = format!(
                "{interval:?} is too short, counters of the kernel have steps of 10 ms; set 1 s or more"
            );
            return Err(ConfigError::new("interval", problem));
        }
        let mut all = match without_system {
            true => Vec::new(),
            false => of_system(),
        };
        all.extend(sources);
        let mut worker = Worker::new(all, clock);
        let shared = Arc::new(Shared {
            latest: Mutex::new(Latest {
                previous: None,
                now: worker.read(),
            }),
            start: SystemTime::now(),
            classic_names,
            thread: OnceLock::new(),
        });
        let (commands, receiver) = channel();
        let of_thread = shared.clone();
        thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || worker.run(&of_thread, &receiver, interval))
            .map_err(|error| ConfigError::new("thread", error))?;
        Ok(SystemSampler { shared, commands })
    }
}

/// Returns the sources of Linux.
#[cfg(all(feature = "reader", target_os = "linux"))]
fn of_system() -> Vec<Box<dyn Source>> {
    vec![Box::new(crate::SystemReader::new())]
}

/// Returns the sources of this platform, which has no reader of its own.
#[cfg(all(feature = "sysinfo", not(all(feature = "reader", target_os = "linux"))))]
fn of_system() -> Vec<Box<dyn Source>> {
    vec![Box::new(crate::SysinfoSource::new())]
}

/// Returns no sources: nothing reads this platform.
#[cfg(not(any(feature = "sysinfo", all(feature = "reader", target_os = "linux"))))]
fn of_system() -> Vec<Box<dyn Source>> {
    Vec::new()
}

impl fmt::Debug for SystemSamplerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            interval,
            without_system,
            sources,
            classic_names,
            clock: _,
        } = self;
        f.debug_struct("SystemSamplerBuilder")
            .field("interval", interval)
            .field("without_system", without_system)
            .field("sources", &sources.len())
            .field("classic_names", classic_names)
            .finish_non_exhaustive()
    }
}
