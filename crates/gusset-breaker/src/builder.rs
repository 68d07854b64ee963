use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use gusset_core::Clock;

use crate::anchor::Anchors;
use crate::metrics::Metrics;
use crate::shared::{Core, Fleet, Parts, usual_lanes};
use crate::{Breaker, Config, ConfigError, SharedRecorder, State};

/// Configures a [`Breaker`]. What is not set is by convention.
#[derive(Clone)]
#[must_use = "a builder protects nothing"]
pub struct BreakerBuilder {
    name: String,
    config: Config,
    state: State,
    clock: Clock,
    recorder: Option<SharedRecorder>,
    fleet: Option<Arc<Fleet>>,
    lanes: usize,
    seed: Option<u64>,
}

// === impl BreakerBuilder ===

impl BreakerBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            config: Config::new(),
            state: State::Closed,
            clock: Clock::system(),
            recorder: None,
            fleet: None,
            lanes: usual_lanes(),
            seed: None,
        }
    }

    /// When it opens, for how long, and what closes it again.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Begins by observing: calls are counted, and it tells when it would have opened, but never
    /// does. The way to try rules on real traffic.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, State};
    ///
    /// let breaker = Breaker::builder("stock").observe_only().build()?;
    /// assert_eq!(breaker.state(), State::Observing);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn observe_only(mut self) -> Self {
        self.state = State::Observing;
        self
    }

    /// Begins disabled: admits all calls and counts nothing, until
    /// [`close`](Breaker::close) or [`observe`](Breaker::observe).
    pub fn disabled(mut self) -> Self {
        self.state = State::Disabled;
        self
    }

    /// Measures on that recorder, under `gusset.breaker.*` ([`names`](crate::names)). Costs a call
    /// one counter that all threads share.
    ///
    /// ```
    /// use gusset_breaker::Breaker;
    /// use std::sync::Arc;
    ///
    /// let breaker = Breaker::builder("stock").metrics(Arc::new(metrics::NoopRecorder)).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Reads that clock, and so do the layers that are made of this breaker.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Counts in so many lanes, 1 to 64: as many as threads can run at once, up to 4, unless set.
    /// More lanes for a breaker that many processors call; one for a breaker of thousands.
    ///
    /// ```
    /// # use gusset_breaker::Breaker;
    /// let breaker = Breaker::builder("stock").lanes(16).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = lanes;
        self
    }

    /// Makes the chance in open times the same each time. Unset, each breaker has its own.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn name(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    pub(crate) fn fleet(mut self, fleet: Arc<Fleet>) -> Self {
        self.fleet = Some(fleet);
        self
    }

    /// Puts the breaker together.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn build(self) -> Result<Breaker, ConfigError> {
        let Self {
            name,
            config,
            state,
            clock,
            recorder,
            fleet,
            lanes,
            seed,
        } = self;
        if name.is_empty() {
            return Err(ConfigError::new("name", "is empty"));
        }
        if !(1..=64).contains(&lanes) {
            let why = format!("{lanes} is not from 1 to 64");
            return Err(ConfigError::new("lanes", why));
        }
        let rules = config.check()?;
        let name: Arc<str> = name.into();
        let parts = Parts {
            metrics: recorder.map(|recorder| Metrics::new(recorder, &name, state)),
            name,
            config,
            clock,
            fleet,
            state,
            lanes,
            seed: seed.unwrap_or_else(|| RandomState::new().hash_one(0)),
        };
        let core = Arc::new(Core::new(parts, &rules));
        Ok(Breaker::from_anchors(Anchors::new(&core, lanes)))
    }
}

impl fmt::Debug for BreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerBuilder")
            .field("name", &self.name)
            .field("config", &self.config)
            .field("state", &self.state)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}
