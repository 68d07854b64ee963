//! Many breakers: one for each host, route or other key.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

use gusset_core::{Admission, AdmissionLayer, CallContext, Clock, Protocol};
use gusset_http::{Http, HttpClassifier, RequestHead, Route};

use crate::judge::Judge;
use crate::machine::Share;
use crate::shared::Fleet;
use crate::{
    Breaker, BreakerBuilder, BreakerGuard, BreakerPermit, Config, ConfigError, Open,
    SharedRecorder, State,
};

/// A breaker for each key, up to a limit; all other keys share one, named `_OTHER`.
///
/// Where the limit is reached, a breaker that is closed, empty and idle makes room: it is as good as
/// a new one. One that is open, or has counted anything, is never evicted. Keys may come from
/// strangers: memory and the names of metrics stay bounded.
///
/// ```
/// use gusset_breaker::{Config, Registry};
///
/// let hosts = Registry::builder("hosts").limit(100).most_open(0.5).build()?;
/// hosts.get("stock.internal").trip();
/// assert!(!hosts.get("stock.internal").would_admit());
/// assert!(hosts.get("mail.internal").would_admit());
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Registry(Arc<Shared>);

/// Configures a [`Registry`].
#[derive(Clone)]
#[must_use = "a builder protects nothing"]
pub struct RegistryBuilder {
    name: String,
    config: Config,
    limit: usize,
    most_open: Option<f64>,
    clock: Clock,
    recorder: Option<SharedRecorder>,
}

/// The breaker of each call's key, as a guard. Made by [`Registry::layer`].
#[derive(Clone, Debug)]
pub struct RegistryGuard<K, J> {
    registry: Registry,
    key: K,
    judge: J,
}

/// The key of a call, by which a [`Registry`] finds its breaker.
///
/// For HTTP, a function of the request's head is one: [`by_host`], [`by_route`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no key of `{P}`",
    label = "not a key of this protocol",
    note = "for HTTP, a `fn(RequestHead<'_>) -> Option<Cow<'_, str>>` is one"
)]
pub trait BreakerKey<P: Protocol>: Send + Sync + 'static {
    /// The key; `None` for a call that shares the common breaker. Must not panic, block or wait.
    fn key<'a>(&self, req: P::Request<'a>) -> Option<Cow<'a, str>>;
}

type Breakers = HashMap<Box<str>, Breaker>;

struct Shared {
    template: BreakerBuilder,
    name: String,
    /// Threads look keys up at once; who adds one holds up those of its shard.
    shards: Box<[RwLock<Breakers>]>,
    hasher: RandomState,
    in_shard: usize,
    other: Breaker,
}

const SHARDS: usize = 16;
/// The key of all keys that have no breaker of their own.
const OTHER: &str = "_OTHER";

// === impl Registry ===

impl Registry {
    /// Configures a registry. Its breakers are named after it and their key: `hosts/stock`.
    pub fn builder(name: impl Into<String>) -> RegistryBuilder {
        RegistryBuilder {
            name: name.into(),
            config: Config::new(),
            limit: 256,
            most_open: None,
            clock: Clock::system(),
            recorder: None,
        }
    }

    /// The breaker of that key, made if need be; the common one if there is no room.
    pub fn get(&self, key: &str) -> Breaker {
        let shared = &*self.0;
        let shard = shared.hasher.hash_one(key) as usize % shared.shards.len();
        let shard = &shared.shards[shard];
        let read = shard.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = read.get(key) {
            return breaker.clone();
        }
        drop(read);
        shared.add(shard, key)
    }

    /// The breaker of all keys that have none of their own.
    pub fn other(&self) -> Breaker {
        self.0.other.clone()
    }

    /// All breakers that there are, with their keys.
    pub fn breakers(&self) -> Vec<(String, Breaker)> {
        let shards = self.0.shards.iter();
        shards
            .flat_map(|shard| {
                let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
                let pairs = shard.iter();
                pairs
                    .map(|(key, breaker)| (key.to_string(), breaker.clone()))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// A layer that asks the breaker of each call's key; a call without a key is asked of
    /// [`other`](Self::other). For HTTP, [`by_host`] and [`by_route`] are keys.
    ///
    /// ```
    /// use gusset_breaker::judge::JudgeHttp;
    /// use gusset_breaker::{Registry, by_host};
    /// use gusset_http::{Http, HttpClientClassifier};
    ///
    /// let hosts = Registry::builder("hosts").build()?;
    /// let layer = hosts.layer::<Http<HttpClientClassifier>, _, _>(JudgeHttp, by_host);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn layer<P, J, K>(&self, judge: J, key: K) -> AdmissionLayer<P, RegistryGuard<K, J>>
    where
        P: Protocol,
        J: Judge<P>,
        K: BreakerKey<P>,
    {
        let clock = self.0.other.core().clock.clone();
        let guard = RegistryGuard {
            registry: self.clone(),
            key,
            judge,
        };
        AdmissionLayer::new(guard).with_clock(clock)
    }
}

/// A key by the host that a client calls: the authority of its target, else the `Host` header.
pub fn by_host(req: RequestHead<'_>) -> Option<Cow<'_, str>> {
    let host = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => req.headers.get(http::header::HOST)?.to_str().ok()?,
    };
    Some(lower(host))
}

/// A key by the route that the router matched; a request that matched none has none.
pub fn by_route(req: RequestHead<'_>) -> Option<Cow<'_, str>> {
    Route::from_request(req).map(Cow::Borrowed)
}

/// Hosts are the same in any case, and rarely written in upper.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

// === impl Shared ===

impl Shared {
    #[cold]
    fn add(&self, shard: &RwLock<Breakers>, key: &str) -> Breaker {
        let mut breakers = shard.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = breakers.get(key) {
            return breaker.clone();
        }
        if breakers.len() >= self.in_shard && !make_room(&mut breakers) {
            return self.other.clone();
        }
        let template = self.template.clone();
        // The template was checked when the registry was built.
        match template.name(format!("{}/{key}", self.name)).build() {
            Ok(breaker) => {
                breakers.insert(key.into(), breaker.clone());
                breaker
            }
            Err(_) => self.other.clone(),
        }
    }
}

/// Drops a breaker that a new one would equal, and that nobody holds.
fn make_room(breakers: &mut Breakers) -> bool {
    let idle = breakers.iter().find(|(_, breaker)| {
        breaker.state() == State::Closed
            && breaker.counts().calls == 0
            && breaker.failures_in_a_row() == 0
            && breaker.is_unshared()
    });
    match idle.map(|(key, _)| key.clone()) {
        Some(key) => breakers.remove(&key).is_some(),
        None => false,
    }
}

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// The configuration of every breaker.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How many breakers there may be, beside the common one: 256 unless set, 1 to 65,536. They are
    /// spread over sixteen shards, so that a little fewer may be.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The share of the breakers that may be open or half-open at once, one at least: where all look
    /// bad, the fault is as a rule not theirs. One that would be one too many stays closed, and
    /// tells ([`Breaker::spared`]).
    pub fn most_open(mut self, share: f64) -> Self {
        self.most_open = Some(share);
        self
    }

    /// Reads that clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Measures each breaker on that recorder, under its name.
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Puts the registry together.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn build(self) -> Result<Registry, ConfigError> {
        let Self {
            name,
            config,
            limit,
            most_open,
            clock,
            recorder,
        } = self;
        if !(1..=65_536).contains(&limit) {
            let why = format!("{limit} is not from 1 to 65536");
            return Err(ConfigError::new("limit", why));
        }
        // One lane each: there are many of them, and few threads on one.
        let mut template = Breaker::builder("template")
            .config(config)
            .clock(clock)
            .lanes(1);
        if let Some(recorder) = recorder {
            template = template.metrics(recorder);
        }
        let other = template.clone().name(format!("{name}/{OTHER}")).build()?;
        if let Some(share) = most_open {
            if !(share > 0.0 && share <= 1.0) {
                let why = format!("a share of {share} is not above 0 and at most 1");
                return Err(ConfigError::new("most_open", why));
            }
            template = template.fleet(Arc::new(Fleet::new(Share::of(share))));
        }
        let shards = SHARDS.min(limit);
        Ok(Registry(Arc::new(Shared {
            template,
            name,
            shards: std::iter::repeat_with(RwLock::default)
                .take(shards)
                .collect(),
            hasher: RandomState::new(),
            in_shard: limit / shards,
            other,
        })))
    }
}

// === impl RegistryGuard ===

impl<P, J, K> Admission<P> for RegistryGuard<K, J>
where
    P: Protocol,
    J: Judge<P>,
    K: BreakerKey<P>,
{
    type Permit = BreakerPermit<P, J>;
    type Rejection = Open;

    fn admit(
        &self,
        req: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<BreakerPermit<P, J>, Open> {
        let breaker = match self.key.key(req) {
            Some(key) => self.registry.get(&key),
            None => self.registry.other(),
        };
        BreakerGuard::new(breaker, self.judge.clone()).admit(req, cx)
    }
}

impl<R, F> BreakerKey<Http<R>> for F
where
    R: HttpClassifier,
    F: for<'a> Fn(RequestHead<'a>) -> Option<Cow<'a, str>> + Send + Sync + 'static,
{
    // Spelled as in the trait, where the lifetime is of the projection.
    fn key<'a>(&self, req: <Http<R> as Protocol>::Request<'a>) -> Option<Cow<'a, str>> {
        self(req)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RegistryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryBuilder")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
