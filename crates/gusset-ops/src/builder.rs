//! The settings of the page.

use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use gusset_core::{Clock, ConfigError};
use gusset_data::{Redaction, SharedStr, ShowState};
use gusset_history::History;
use gusset_http::BearerToken;
#[cfg(feature = "incident")]
use gusset_incident::FlightRecorder;

use crate::operations::Operations;
use crate::sections::OWN;
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
    parts: Vec<(SharedStr, Box<dyn ShowState>)>,
    links: Vec<(SharedStr, SharedStr)>,
    tasks: Vec<Task>,
    token: Option<Arc<BearerToken>>,
    redaction: Redaction,
    clock: Clock,
}

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
            parts: Vec::new(),
            links: Vec::new(),
            tasks: Vec::new(),
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

    /// Links to another page: the dashboards of the fleet.
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
    /// If two parts or tasks have the same name, a name is not made of lower-case letters, digits and `-`, a part has
    /// the name of a section of the page, a link is not `http` or `https`, or there are tasks and no token.
    pub fn build(self) -> Result<Operations, ConfigError> {
        check_names("part", self.parts.iter().map(|(name, _)| &**name))?;
        check_names("task", self.tasks.iter().map(Task::name))?;
        for (name, _) in &self.parts {
            if OWN.contains(&&**name) {
                let problem = format_args!("`{name}` is a section of the page");
                return Err(ConfigError::new("part", problem));
            }
        }
        for (title, url) in &self.links {
            // A browser would run `javascript:`.
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let problem = format_args!("`{title}` is neither `http` nor `https`");
                return Err(ConfigError::new("link", problem));
            }
        }
        if !self.tasks.is_empty() && self.token.is_none() {
            return Err(ConfigError::new("token", "tasks need one"));
        }
        Ok(Operations::new(Shared {
            service: self.service,
            version: self.version,
            started: SystemTime::now(),
            clock: self.clock,
            history: self.history,
            #[cfg(feature = "incident")]
            recorder: self.recorder,
            parts: self.parts,
            links: self.links,
            tasks: self.tasks.into_iter().map(Arc::new).collect(),
            token: self.token,
            redaction: self.redaction,
            rendered: Mutex::default(),
        }))
    }
}

fn check_names<'a>(setting: &str, names: impl Iterator<Item = &'a str>) -> Result<(), ConfigError> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let mut known = HashSet::new();
    for name in names {
        if name.is_empty() || !name.bytes().all(is_allowed) {
            let problem = format_args!(
                "`{}` is not made of lower-case letters, digits and `-`",
                name.escape_default()
            );
            return Err(ConfigError::new(setting, problem));
        }
        if !known.insert(name) {
            let problem = format_args!("`{name}` is there twice");
            return Err(ConfigError::new(setting, problem));
        }
    }
    Ok(())
}

impl std::fmt::Debug for OperationsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperationsBuilder")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
