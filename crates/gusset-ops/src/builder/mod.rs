//! The settings of the page.

mod check;

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use gusset_core::{Clock, ConfigError};
use gusset_data::{Redaction, SharedStr, ShowState};
use gusset_history::{History, Selector};
use gusset_http::BearerToken;
#[cfg(feature = "incident")]
use gusset_incident::{Directory, FlightRecorder};

use crate::live::Live;
use crate::operations::Operations;
#[cfg(feature = "incident")]
use crate::reports::Reports;
use crate::settings::{Setting, TemporarySetting};
use crate::shared::Shared;
use crate::tasks::Task;

/// Builds an [`Operations`] page.
#[must_use = "builders do nothing until `build` is called"]
pub struct OperationsBuilder {
    service: SharedStr,
    version: Option<SharedStr>,
    history: Option<History>,
    #[cfg(feature = "incident")]
    recorder: Option<FlightRecorder>,
    #[cfg(feature = "incident")]
    incidents: Option<Reports>,
    charts: Vec<(SharedStr, Selector)>,
    facts: Vec<(SharedStr, Box<dyn ShowState>)>,
    parts: Vec<(SharedStr, Box<dyn ShowState>)>,
    links: Vec<(SharedStr, SharedStr)>,
    tasks: Vec<Task>,
    settings: Vec<Setting>,
    max_viewers: usize,
    token: Option<Arc<BearerToken>>,
    redaction: Redaction,
    clock: Clock,
}

/// The streams that are open at the same time.
const MAX_VIEWERS: usize = 128;

// === impl Operations ===

impl Operations {
    /// Returns a builder of the page of the service with this name.
    pub fn builder(service: impl Into<SharedStr>) -> OperationsBuilder {
        OperationsBuilder::new(service.into())
    }
}

// === impl OperationsBuilder ===

impl OperationsBuilder {
    fn new(service: SharedStr) -> Self {
        Self {
            service,
            version: None,
            history: None,
            #[cfg(feature = "incident")]
            recorder: None,
            #[cfg(feature = "incident")]
            incidents: None,
            charts: Vec::new(),
            facts: Vec::new(),
            parts: Vec::new(),
            links: Vec::new(),
            tasks: Vec::new(),
            settings: Vec::new(),
            max_viewers: MAX_VIEWERS,
            token: None,
            redaction: Redaction::default(),
            clock: Clock::system(),
        }
    }

    /// Shows the version of the service.
    pub fn version(mut self, version: impl Into<SharedStr>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Adds a fact about the service to the first section: its phase of life, its region.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop").fact("region", || "eu".into()).build()?;
    /// assert!(operations.to_text().contains("region: eu"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn fact(mut self, name: impl Into<SharedStr>, fact: impl ShowState) -> Self {
        self.facts.push((name.into(), Box::new(fact)));
        self
    }

    /// Shows the last hour: rates, errors, durations, routes.
    pub fn history(mut self, history: History) -> Self {
        self.history = Some(history);
        self
    }

    /// Shows what the service did last: calls, calls under way, log records, state changes.
    #[cfg(feature = "incident")]
    pub fn recorder(mut self, recorder: FlightRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Shows the incident reports of a folder, each to be opened, and the state of what makes them.
    ///
    /// The folder is read on threads of their own, so that a disk that hangs does not block the server.
    ///
    /// ```
    /// use gusset_data::StateTree;
    /// use gusset_incident::Directory;
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop")
    ///     .incidents(Directory::new("/var/lib/shop"), || StateTree::Unknown)
    ///     .build()?;
    /// assert!(operations.to_text().contains("reports: none"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "incident")]
    pub fn incidents(mut self, directory: Directory, part: impl ShowState) -> Self {
        self.incidents = Some(Reports::new(directory, part));
        self
    }

    /// Adds a chart of the last hour, from the [history](Self::history): the rate of a counter or a histogram, the value
    /// of a gauge.
    ///
    /// ```
    /// use gusset_history::{History, Selector};
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop")
    ///     .history(History::builder().build()?)
    ///     .chart("Orders", Selector::new("shop.orders"))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn chart(mut self, title: impl Into<SharedStr>, metric: Selector) -> Self {
        self.charts.push((title.into(), metric));
        self
    }

    /// Shows a part, in a section of its own. Parts are in the order in which they were added.
    ///
    /// A part is read at most once a second for the page, and only while a client requests it.
    ///
    /// ```
    /// use gusset_data::StateTree;
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop")
    ///     .part("cache", || StateTree::fields([("entries", 3_u64.into())]))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn part(mut self, name: impl Into<SharedStr>, part: impl ShowState) -> Self {
        self.parts.push((name.into(), Box::new(part)));
        self
    }

    /// Links to another page: the dashboards of the fleet, or a path of this server.
    pub fn link(mut self, title: impl Into<SharedStr>, url: impl Into<SharedStr>) -> Self {
        self.links.push((title.into(), url.into()));
        self
    }

    /// Adds a task that an operator may run. It needs the [token](Self::token).
    ///
    /// It runs once at a time, and each run is a log event at `WARN` before it and one after it.
    ///
    /// ```
    /// use gusset_http::BearerToken;
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop")
    ///     .token(BearerToken::new("ops_token", "0123456789abcdef")?)
    ///     .task("flush-cache", || async { Ok::<_, std::io::Error>(()) })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn task<F, R, E>(mut self, name: impl Into<SharedStr>, run: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.tasks.push(Task::new(name.into(), run));
        self
    }

    /// Adds a setting that an operator may change for a limited time. It needs the [token](Self::token).
    ///
    /// Each change is a log event at `WARN`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset_data::StateTree;
    /// use gusset_http::BearerToken;
    /// use gusset_ops::{ConfigError, TemporarySetting};
    ///
    /// # struct LogFilter;
    /// # impl TemporarySetting for LogFilter {
    /// #     fn current(&self) -> StateTree { "info".into() }
    /// #     fn set(&self, _: &str, _: Duration) -> Result<(), ConfigError> { Ok(()) }
    /// #     fn revert(&self) {}
    /// # }
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop")
    ///     .token(BearerToken::new("ops_token", "0123456789abcdef")?)
    ///     .setting("log-filter", LogFilter)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn setting(mut self, name: impl Into<SharedStr>, setting: impl TemporarySetting) -> Self {
        self.settings.push(Setting::new(name.into(), setting));
        self
    }

    /// Sets how many streams may be open at the same time: pages, and followers of calls and log records. More are
    /// answered by 503, and a page then requests itself every two seconds. Defaults to 128.
    pub fn max_viewers(mut self, viewers: usize) -> Self {
        self.max_viewers = viewers;
        self
    }

    /// Sets the token that clients need. Without one the page is served on the loopback interface only.
    pub fn token(mut self, token: impl Into<Arc<BearerToken>>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets what is secret. The default is the list of logs and spans.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the page.
    ///
    /// # Errors
    /// If two parts, tasks or settings have the same name, a name is not made of lower-case letters, digits and `-`, a
    /// part has the name of a section of the page, a link is neither `http` nor `https` nor a path, there are charts
    /// and no history, or there are tasks or settings and no token.
    pub fn build(self) -> Result<Operations, ConfigError> {
        self.check()?;
        Ok(Operations::new(Shared {
            service: self.service,
            version: self.version,
            started: SystemTime::now(),
            clock: self.clock,
            history: self.history,
            #[cfg(feature = "incident")]
            recorder: self.recorder,
            #[cfg(feature = "incident")]
            incidents: self.incidents,
            charts: self.charts,
            facts: self.facts,
            parts: self.parts,
            links: self.links,
            tasks: self.tasks.into_iter().map(Arc::new).collect(),
            settings: self.settings.into_iter().map(Arc::new).collect(),
            live: Live::new(self.max_viewers),
            token: self.token,
            redaction: self.redaction,
            rendered: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for OperationsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperationsBuilder")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
