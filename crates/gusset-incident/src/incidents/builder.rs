//! The settings of reports.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use gusset_core::{Clock, ConfigError};
use gusset_data::{Redaction, ShowState, StateTree};

use super::collected::{Sources, TaskDump};
use super::limiter::{Limit, Limiter};
use super::worker::Watched;
use super::{Core, FlushFn, Incidents, worker};
use crate::counts::Counts;
use crate::destination::Destination;
use crate::report::time;
use crate::{Detect, FlightRecorder, Trigger};

/// Configures and starts [`Incidents`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct IncidentsBuilder {
    service: String,
    recorder: FlightRecorder,
    sections: Vec<(String, Box<dyn ShowState>)>,
    tasks: Option<Box<dyn TaskDump>>,
    build: Vec<(String, StateTree)>,
    redaction: Redaction,
    detectors: Vec<Watched>,
    destinations: Vec<Box<dyn Destination>>,
    flush: Option<FlushFn>,
    min_gap: Duration,
    limits: HashMap<Trigger, Limit>,
    budget: Duration,
    part_timeout: Duration,
    delivery_timeout: Duration,
    interval: Duration,
    clock: Clock,
}

const DEFAULT_LIMIT: Limit = Limit {
    reports: 6,
    per: Duration::from_secs(3600),
};

/// In less, no file is written.
const MIN_BUDGET: Duration = Duration::from_millis(100);

// === impl IncidentsBuilder ===

impl IncidentsBuilder {
    pub(super) fn new(service: String, recorder: FlightRecorder) -> Self {
        Self {
            service,
            recorder,
            sections: Vec::new(),
            tasks: None,
            build: Vec::new(),
            redaction: Redaction::default(),
            detectors: Vec::new(),
            destinations: Vec::new(),
            flush: None,
            min_gap: Duration::from_secs(300),
            limits: HashMap::new(),
            budget: Duration::from_secs(3),
            part_timeout: Duration::from_millis(500),
            delivery_timeout: Duration::from_secs(10),
            interval: Duration::from_secs(1),
            clock: Clock::system(),
        }
    }

    /// Adds a part that shows its state in reports, after those that were added before: `diagnosis`, `health`, `breakers`.
    pub fn section(mut self, name: impl Into<String>, part: impl ShowState) -> Self {
        self.sections.push((name.into(), Box::new(part)));
        self
    }

    /// Sets what dumps the tasks of the service.
    pub fn task_dump(mut self, tasks: impl TaskDump) -> Self {
        self.tasks = Some(Box::new(tasks));
        self
    }

    /// Adds a fact about the build: the version, the commit.
    pub fn build_fact(mut self, name: impl Into<String>, value: impl Into<StateTree>) -> Self {
        self.build.push((name.into(), value.into()));
        self
    }

    /// Sets what is secret. Defaults to [`Redaction::default`]; use the one of the log.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Makes a report when this is detected.
    pub fn on(mut self, trigger: Trigger, detect: impl Detect) -> Self {
        self.detectors.push(Watched::new(trigger, Box::new(detect)));
        self
    }

    /// Adds where reports are delivered. They are delivered in the order of the calls. Without any, reports are only returned.
    pub fn destination(mut self, destination: impl Destination) -> Self {
        self.destinations.push(Box::new(destination));
        self
    }

    /// Sets what flushes telemetry before the process ends. It is given the time that is left.
    pub fn flush(mut self, flush: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.flush = Some(Box::new(flush));
        self
    }

    /// Sets the time between two reports, except for those that a person wants and those before the end of the process.
    /// Defaults to 5 min.
    pub fn min_gap(mut self, gap: Duration) -> Self {
        self.min_gap = gap;
        self
    }

    /// Sets how many reports a trigger makes in a time. Defaults to 6 an hour for each.
    pub fn limit(mut self, trigger: Trigger, reports: u32, per: Duration) -> Self {
        self.limits.insert(trigger, Limit { reports, per });
        self
    }

    /// Sets the time for a report, its delivery and the flush before the process ends. It has to fit into the grace period of
    /// the platform. Defaults to 3 s.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the time that the parts and the dump of tasks have together. Defaults to 500 ms.
    pub fn part_timeout(mut self, timeout: Duration) -> Self {
        self.part_timeout = timeout;
        self
    }

    /// Sets the time for the delivery of a report after which the process goes on. Defaults to 10 s.
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivery_timeout = timeout;
        self
    }

    /// Sets how often trouble is looked for. Defaults to 1 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the clock of limits and detectors, for tests. Time limits do not depend on it.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the thread `gusset-incident`, which looks for trouble and makes the reports. It ends with the last handle.
    ///
    /// A system without a thread is reported on standard error, and reports are then made only where they are requested.
    ///
    /// # Errors
    /// If the budget is less than 100 ms, or the interval is zero.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset_incident::{FlightRecorder, Incidents};
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let recorder = FlightRecorder::builder().build()?;
    /// let error = Incidents::builder("shop", recorder).budget(Duration::ZERO).start().unwrap_err();
    /// assert_eq!(error.to_string(), "`budget`: 0ns is too short, set 100 ms or more");
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(self) -> Result<Incidents, ConfigError> {
        if self.budget < MIN_BUDGET {
            let problem = format!("{:?} is too short, set 100 ms or more", self.budget);
            return Err(ConfigError::new("budget", problem));
        }
        if self.interval.is_zero() {
            return Err(ConfigError::new("interval", "it is zero"));
        }
        let limiter = Limiter::new(self.min_gap, DEFAULT_LIMIT, self.limits);
        let core = Core {
            service: self.service,
            started: time::rounded(SystemTime::now()),
            recorder: self.recorder,
            sources: Arc::new(Sources::new(self.sections, self.tasks)),
            build: build_facts(self.build),
            redaction: self.redaction,
            destinations: self.destinations,
            flush: self.flush,
            times: super::Times {
                budget: self.budget,
                part_timeout: self.part_timeout,
                delivery_timeout: self.delivery_timeout,
            },
            clock: self.clock,
            counts: Counts::default(),
            made: AtomicU64::new(0),
        };
        Ok(worker::start(core, limiter, self.detectors, self.interval))
    }
}

/// Returns what is known of every build, and what the service adds.
fn build_facts(added: Vec<(String, StateTree)>) -> StateTree {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let known = [
        ("gusset".to_owned(), env!("CARGO_PKG_VERSION").into()),
        ("os".to_owned(), std::env::consts::OS.into()),
        ("arch".to_owned(), std::env::consts::ARCH.into()),
        ("profile".to_owned(), profile.into()),
    ];
    StateTree::fields(added.into_iter().chain(known))
}

impl fmt::Debug for IncidentsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncidentsBuilder")
            .field("service", &self.service)
            .field("min_gap", &self.min_gap)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
