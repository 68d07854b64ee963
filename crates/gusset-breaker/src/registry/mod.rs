//! One breaker per host, route or other key.

mod key;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

use gusset_core::{Admission, AdmissionLayer, CallContext, Clock, ErrorStatuses, Protocol};
use gusset_data::SharedRecorder;

pub use self::key::{ByRoute, KeyExtractor, by_host};
use crate::classify::FailureClassifier;
use crate::machine::Ratio;
use crate::shared::OpenBudget;
use crate::{
    CircuitBreaker, CircuitBreakerAdmission, CircuitBreakerBuilder, CircuitBreakerPermit,
    CircuitOpen, Config, ConfigError, State,
};

/// One breaker per key, up to a maximum. All other keys share the fallback breaker, named `_OTHER`.
///
/// At the maximum, a new key replaces a breaker that is closed, empty and unused. A breaker that is
/// open or has counted results is never replaced. Keys may come from untrusted clients: memory and
/// metric series stay bounded.
///
/// ```
/// use gusset_breaker::{BreakerRegistry, Config};
///
/// let hosts = BreakerRegistry::builder("hosts").max_breakers(100).max_open_ratio(0.5).build()?;
/// hosts.get("stock.internal").trip();
/// assert!(!hosts.get("stock.internal").is_call_permitted());
/// assert!(hosts.get("mail.internal").is_call_permitted());
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct BreakerRegistry(Arc<Shared>);

/// Configures a [`BreakerRegistry`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct BreakerRegistryBuilder {
    name: String,
    config: Config,
    max_breakers: usize,
    max_open_ratio: Option<f64>,
    clock: Clock,
    error_statuses: Option<ErrorStatuses>,
    recorder: Option<SharedRecorder>,
}

/// Admits or rejects each call with the breaker of its key. Created by [`BreakerRegistry::layer`].
#[derive(Clone, Debug)]
pub struct BreakerRegistryAdmission<K, C> {
    registry: BreakerRegistry,
    key_extractor: K,
    classifier: C,
}

#[derive(Default)]
struct Breakers {
    by_key: HashMap<Box<str>, CircuitBreaker>,
    /// The keys that have metric series of their own. A recorder cannot remove series, so they stay
    /// when their breaker is replaced. No more keys are added than there may be breakers.
    measured: HashSet<Box<str>>,
}

struct Shared {
    template: CircuitBreakerBuilder,
    name: String,
    /// Sharded, so that adding a key blocks few lookups.
    shards: Box<[RwLock<Breakers>]>,
    hasher: RandomState,
    max_per_shard: usize,
    has_metrics: bool,
    fallback: CircuitBreaker,
}

const MAX_LOCK_SHARDS: usize = 16;
const DEFAULT_MAX_BREAKERS: usize = 256;
const MAX_BREAKERS: usize = 65_536;
const FALLBACK_KEY: &str = "_OTHER";

// === impl BreakerRegistry ===

impl BreakerRegistry {
    /// Configures a registry. Its breakers are named after it and their key: `hosts/stock`.
    pub fn builder(name: impl Into<String>) -> BreakerRegistryBuilder {
        BreakerRegistryBuilder {
            name: name.into(),
            config: Config::new(),
            max_breakers: DEFAULT_MAX_BREAKERS,
            max_open_ratio: None,
            clock: Clock::system(),
            error_statuses: None,
            recorder: None,
        }
    }

    /// Returns the breaker of a key, and creates it if necessary.
    ///
    /// Returns the fallback breaker if the maximum is reached.
    pub fn get(&self, key: &str) -> CircuitBreaker {
        let shared = &*self.0;
        let shard = shared.hasher.hash_one(key) as usize % shared.shards.len();
        let shard = &shared.shards[shard];
        let read = shard.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = read.by_key.get(key) {
            return breaker.clone();
        }
        drop(read);
        shared.add(shard, key)
    }

    /// Returns the breaker of all keys without their own.
    pub fn fallback(&self) -> CircuitBreaker {
        self.0.fallback.clone()
    }

    /// Returns all breakers with their keys, except the fallback breaker.
    pub fn breakers(&self) -> Vec<(String, CircuitBreaker)> {
        let shards = self.0.shards.iter();
        shards
            .flat_map(|shard| {
                let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
                let pairs = shard.by_key.iter();
                pairs
                    .map(|(key, breaker)| (key.to_string(), breaker.clone()))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Returns a layer that uses the breaker of each call's key.
    ///
    /// ```
    /// use gusset_breaker::classify::HttpFailures;
    /// use gusset_breaker::{BreakerRegistry, by_host};
    /// use gusset_http::{Http, HttpClientClassifier};
    ///
    /// let hosts = BreakerRegistry::builder("hosts").build()?;
    /// let layer = hosts.layer::<Http<HttpClientClassifier>, _, _>(HttpFailures, by_host);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn layer<P, C, K>(
        &self,
        classifier: C,
        key_extractor: K,
    ) -> AdmissionLayer<P, BreakerRegistryAdmission<K, C>>
    where
        P: Protocol,
        C: FailureClassifier<P>,
        K: KeyExtractor<P>,
    {
        let core = self.0.fallback.core();
        let admission = BreakerRegistryAdmission {
            registry: self.clone(),
            key_extractor,
            classifier,
        };
        AdmissionLayer::new(admission)
            .with_clock(core.clock.clone())
            .with_error_statuses(core.error_statuses)
    }
}

// === impl Shared ===

impl Shared {
    /// Adds a breaker. The recorder is user code, so it is called without the lock.
    #[cold]
    fn add(&self, shard: &RwLock<Breakers>, key: &str) -> CircuitBreaker {
        let lock = || shard.write().unwrap_or_else(PoisonError::into_inner);
        let mut breakers = lock();
        if let Some(breaker) = breakers.by_key.get(key) {
            return breaker.clone();
        }
        let replaced = match breakers.make_room(self.max_per_shard) {
            Ok(replaced) => replaced,
            Err(Full) => return self.fallback.clone(),
        };
        let has_room = breakers.measured.len() < self.max_per_shard;
        let is_measured = breakers.measured.contains(key) || has_room;
        if is_measured && self.has_metrics {
            breakers.measured.insert(key.into());
        }
        drop(breakers);
        drop(replaced);

        let mut template = self.template.clone().name(format!("{}/{key}", self.name));
        if !is_measured {
            template = template.shared_metrics_name(self.fallback.core().name.clone());
        }
        // Never fails, because the template was checked by `build`.
        let Ok(breaker) = template.build() else {
            return self.fallback.clone();
        };
        let mut breakers = lock();
        if let Some(winner) = breakers.by_key.get(key).cloned() {
            drop(breakers);
            // Another thread has added the key. Both have set the same gauges.
            let core = winner.core();
            core.measure(|metrics| metrics.set_state(winner.state()));
            return winner;
        }
        match breakers.make_room(self.max_per_shard) {
            Ok(replaced) => {
                breakers.by_key.insert(key.into(), breaker.clone());
                drop(breakers);
                drop(replaced);
                breaker
            }
            Err(Full) => {
                drop(breakers);
                self.fallback.clone()
            }
        }
    }
}

/// No breaker can be replaced.
struct Full;

impl Breakers {
    /// Makes room for a breaker. Returns the breaker that was removed, to drop it without the lock.
    fn make_room(&mut self, max: usize) -> Result<Option<CircuitBreaker>, Full> {
        if self.by_key.len() < max {
            return Ok(None);
        }
        // Unused, and equal to a new one.
        let unused = self.by_key.iter().find(|(_, breaker)| {
            breaker.state() == State::Closed
                && breaker.counts().calls == 0
                && breaker.consecutive_failures() == 0
                && breaker.is_unique()
        });
        let key = unused.map(|(key, _)| key.clone()).ok_or(Full)?;
        Ok(self.by_key.remove(&key))
    }
}

// === impl BreakerRegistryBuilder ===

impl BreakerRegistryBuilder {
    /// Sets the configuration of every breaker. Defaults to [`Config::new`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the maximum number of breakers besides the fallback, from 1 to 65,536. Defaults to 256.
    ///
    /// They are spread over up to 16 shards of equal size, so slightly fewer may fit.
    pub fn max_breakers(mut self, max: usize) -> Self {
        self.max_breakers = max;
        self
    }

    /// Limits the ratio of breakers that are open or half-open at the same time. Off by default.
    ///
    /// Above 0, at most 1. One breaker may always open. A breaker over the limit stays closed and counts
    /// a [suppressed trip](CircuitBreaker::suppressed_trips).
    pub fn max_open_ratio(mut self, ratio: f64) -> Self {
        self.max_open_ratio = Some(ratio);
        self
    }

    /// Sets the statuses of HTTP that are failures. Defaults to those that
    /// [`HttpFailures`](crate::classify::HttpFailures) lists.
    pub fn error_statuses(mut self, statuses: impl Into<Option<ErrorStatuses>>) -> Self {
        self.error_statuses = statuses.into();
        self
    }

    /// Sets the clock. Defaults to the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the recorder of every breaker's metrics. Defaults to none.
    ///
    /// At most [`max_breakers`](Self::max_breakers) names get series of their own, because a recorder
    /// keeps series forever. Breakers that replace others later are measured together as `_OTHER`,
    /// without a state.
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Builds the registry.
    ///
    /// # Errors
    /// A setting is invalid.
    pub fn build(self) -> Result<BreakerRegistry, ConfigError> {
        let Self {
            name,
            config,
            max_breakers,
            max_open_ratio,
            clock,
            error_statuses,
            recorder,
        } = self;
        if !(1..=MAX_BREAKERS).contains(&max_breakers) {
            let reason = format!("{max_breakers} is not from 1 to {MAX_BREAKERS}");
            return Err(ConfigError::new("max_breakers", reason));
        }
        // One shard each, because there are many breakers and each is used by few threads.
        let mut template = CircuitBreaker::builder("template")
            .config(config)
            .clock(clock)
            .error_statuses(error_statuses)
            .shards(1);
        let has_metrics = recorder.is_some();
        if let Some(recorder) = recorder {
            template = template.metrics(recorder);
        }
        let fallback = template
            .clone()
            .name(format!("{name}/{FALLBACK_KEY}"))
            .build()?;
        if let Some(ratio) = max_open_ratio {
            if !(ratio > 0.0 && ratio <= 1.0) {
                let reason = format!("the ratio {ratio} is not above 0 and at most 1");
                return Err(ConfigError::new("max_open_ratio", reason));
            }
            let budget = OpenBudget::new(Ratio::from_f64(ratio));
            template = template.open_budget(Arc::new(budget));
        }
        let shards = MAX_LOCK_SHARDS.min(max_breakers);
        Ok(BreakerRegistry(Arc::new(Shared {
            template,
            name,
            shards: std::iter::repeat_with(RwLock::default)
                .take(shards)
                .collect(),
            hasher: RandomState::new(),
            max_per_shard: max_breakers / shards,
            has_metrics,
            fallback,
        })))
    }
}

// === impl BreakerRegistryAdmission ===

impl<P, C, K> Admission<P> for BreakerRegistryAdmission<K, C>
where
    P: Protocol,
    C: FailureClassifier<P>,
    K: KeyExtractor<P>,
{
    type Permit = CircuitBreakerPermit<P, C>;
    type Rejection = CircuitOpen;

    fn admit(
        &self,
        req: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<CircuitBreakerPermit<P, C>, CircuitOpen> {
        let fallback = self.registry.0.fallback.core();
        let key = fallback.contain(|| self.key_extractor.extract(req));
        let breaker = match key.flatten() {
            Some(key) => self.registry.get(&key),
            None => self.registry.fallback(),
        };
        CircuitBreakerAdmission::new(breaker, self.classifier.clone()).admit(req, cx)
    }

    fn on_respond_panic(&self) {
        self.registry.0.fallback.core().count_panic();
    }
}

impl fmt::Debug for BreakerRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerRegistry")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BreakerRegistryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerRegistryBuilder")
            .field("name", &self.name)
            .field("max_breakers", &self.max_breakers)
            .finish_non_exhaustive()
    }
}
