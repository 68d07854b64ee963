//! The builder of a breaker.

use std::fmt;
use std::sync::Arc;

use gusset_core::{Clock, ErrorStatuses, PanicCounter};
use gusset_data::SharedRecorder;

use crate::metrics::Metrics;
use crate::sharded_arc::ShardedArc;
use crate::shared::{Core, OpenBudget, Parts, default_shards, report_panic};
use crate::{CircuitBreaker, Config, ConfigError, State};

/// Configures a [`CircuitBreaker`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct CircuitBreakerBuilder {
    name: String,
    config: Config,
    state: State,
    clock: Clock,
    error_statuses: Option<ErrorStatuses>,
    recorder: Option<SharedRecorder>,
    open_budget: Option<Arc<OpenBudget>>,
    /// The name of the metrics, if several breakers share it.
    shared_metrics_name: Option<Arc<str>>,
    shards: usize,
    seed: Option<u64>,
}

const MAX_SHARDS: usize = 64;

// === impl CircuitBreaker ===

impl CircuitBreaker {
    /// Configures a breaker. Its events, metrics and errors contain the name.
    pub fn builder(name: impl Into<String>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }
}

// === impl CircuitBreakerBuilder ===

impl CircuitBreakerBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            config: Config::new(),
            state: State::Closed,
            clock: Clock::system(),
            error_statuses: None,
            recorder: None,
            open_budget: None,
            shared_metrics_name: None,
            shards: default_shards(),
            seed: None,
        }
    }

    /// Sets when the breaker opens, for how long, and what closes it. Defaults to [`Config::new`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Starts with a dry run: calls are counted and trips are reported, but every call is admitted.
    ///
    /// ```
    /// use gusset_breaker::{CircuitBreaker, State};
    ///
    /// let breaker = CircuitBreaker::builder("stock").dry_run().build()?;
    /// assert_eq!(breaker.state(), State::DryRun);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn dry_run(mut self) -> Self {
        self.state = State::DryRun;
        self
    }

    /// Starts disabled: admits all calls and counts nothing, until [`close`](CircuitBreaker::close)
    /// or [`dry_run`](CircuitBreaker::dry_run).
    pub fn disabled(mut self) -> Self {
        self.state = State::Disabled;
        self
    }

    /// Sets the recorder for the metrics in [`names`](crate::names). Defaults to none.
    ///
    /// Adds one shared counter increment to each call.
    ///
    /// ```
    /// use gusset_breaker::CircuitBreaker;
    /// use std::sync::Arc;
    ///
    /// let recorder = Arc::new(metrics::NoopRecorder);
    /// let breaker = CircuitBreaker::builder("stock").metrics(recorder).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets the clock of the breaker and its layers. Defaults to the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the statuses of HTTP that are failures, for the layers of this breaker. Defaults to those that
    /// [`HttpFailures`](crate::classify::HttpFailures) lists.
    ///
    /// Use the same list as for the other signals of the call, so that all agree.
    ///
    /// ```
    /// use gusset_breaker::CircuitBreaker;
    /// use gusset_core::ErrorStatuses;
    ///
    /// let statuses = ErrorStatuses::parse("500-599,429")?;
    /// let breaker = CircuitBreaker::builder("stock").error_statuses(statuses).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn error_statuses(mut self, statuses: impl Into<Option<ErrorStatuses>>) -> Self {
        self.error_statuses = statuses.into();
        self
    }

    /// Sets the number of shards that threads count in, from 1 to 64.
    ///
    /// Defaults to the available parallelism, at most 4. More shards reduce contention. One shard
    /// saves memory if there are thousands of breakers.
    ///
    /// ```
    /// # use gusset_breaker::CircuitBreaker;
    /// let breaker = CircuitBreaker::builder("stock").shards(16).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// Sets the seed of the jitter, for reproducible tests. Defaults to a random seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn name(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    /// Records the metrics under a name that several breakers share.
    pub(crate) fn shared_metrics_name(mut self, name: Arc<str>) -> Self {
        self.shared_metrics_name = Some(name);
        self
    }

    pub(crate) fn open_budget(mut self, budget: Arc<OpenBudget>) -> Self {
        self.open_budget = Some(budget);
        self
    }

    /// Builds the breaker.
    ///
    /// # Errors
    /// A setting is invalid.
    pub fn build(self) -> Result<CircuitBreaker, ConfigError> {
        let Self {
            name,
            config,
            state,
            clock,
            error_statuses,
            recorder,
            open_budget,
            shared_metrics_name,
            shards,
            seed,
        } = self;
        if name.is_empty() {
            return Err(ConfigError::new("name", "must not be empty"));
        }
        if !(1..=MAX_SHARDS).contains(&shards) {
            let reason = format!("{shards} is not from 1 to {MAX_SHARDS}");
            return Err(ConfigError::new("shards", reason));
        }
        let rules = config.check()?;
        let name: Arc<str> = name.into();
        let panics = PanicCounter::new();
        // A registry builds breakers during calls.
        let metrics = recorder.and_then(|recorder| {
            let register = || match shared_metrics_name {
                Some(shared_name) => Metrics::new(recorder, &shared_name, None),
                None => Metrics::new(recorder, &name, Some(state)),
            };
            panics.catch(register, || report_panic(&name))
        });
        let parts = Parts {
            metrics,
            panics,
            name,
            config,
            clock,
            error_statuses,
            open_budget,
            state,
            shards,
            seed: seed.unwrap_or_else(|| fastrand::u64(..)),
        };
        let core = Arc::new(Core::new(parts, &rules));
        Ok(CircuitBreaker::from_sharded(ShardedArc::new(&core, shards)))
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("name", &self.name)
            .field("config", &self.config)
            .field("state", &self.state)
            .field("shards", &self.shards)
            .finish_non_exhaustive()
    }
}
