//! An adaptive throttle: rejects a share of the calls, in proportion to the failures of the service.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, Clock, End, Protocol, Rejected,
};

use crate::classify::{FailureClassifier, Progress};
use crate::config::Window as WindowShape;
use crate::metrics::ThrottleMetrics;
#[allow(unused_imports, reason = "for the documentation")]
use crate::names;
use crate::shared::{default_shards, shard_index};
use crate::sync::{AtomicU64, Ordering};
use crate::window::Window;
use crate::{CallResult, ConfigError, Counts, SharedRecorder};

/// Rejects calls at random, with the probability of client-side throttling in Google's SRE book:
/// `max(0, (requests - k × accepts) / (requests + 1))` of the window. As in Envoy's admission control,
/// it rejects none below a [rate](AdaptiveThrottleBuilder::minimum_rate), and not more than a
/// [maximum](AdaptiveThrottleBuilder::max_reject_probability).
///
/// Unlike a breaker, it has no states and no half-open calls. The calls that it admits detect the
/// recovery. A rejected call counts as a request that was not accepted. While the service accepts at
/// least `1 / k` of the requests, none is rejected.
///
/// ```
/// use gusset_breaker::classify::OutcomeFailures;
/// use gusset_breaker::throttle::AdaptiveThrottle;
/// use gusset_core::RequestResponse;
///
/// let throttle = AdaptiveThrottle::builder("stock").k(1.5).build()?;
/// let layer = throttle.layer::<RequestResponse<u32, String>, _>(OutcomeFailures);
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AdaptiveThrottle(Arc<Shared>);

/// Configures an [`AdaptiveThrottle`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct AdaptiveThrottleBuilder {
    name: Arc<str>,
    policy: Policy,
    window: Duration,
    minimum_rate: f64,
    clock: Clock,
    seed: u64,
    recorder: Option<SharedRecorder>,
    dry_run: bool,
}

/// How the counts of the window become a probability.
#[derive(Clone, Copy, Debug)]
struct Policy {
    k: f64,
    aggression: f64,
    max_probability: f64,
    minimum_requests: u64,
}

/// The throttle rejected the call. The service was not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdaptiveThrottled(Rejected);

/// Admits or rejects the calls of a service. Created by [`AdaptiveThrottle::layer`].
#[derive(Clone, Debug)]
pub struct AdaptiveThrottleAdmission<C> {
    throttle: AdaptiveThrottle,
    classifier: C,
}

/// The permit of one call.
pub struct AdaptiveThrottlePermit<P: Protocol, C: FailureClassifier<P>> {
    admission: AdaptiveThrottleAdmission<C>,
    response: Option<C::ResponseState>,
    chunks: u8,
    counted: bool,
}

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    policy: Policy,
    metrics: Option<ThrottleMetrics>,
    dry_run: bool,
    /// The calls are requests, the failures are requests that were not accepted.
    window: Window,
    clock: Clock,
    origin: std::time::Instant,
    /// `tick:32 | probability:32`, in parts of 2³². Updated once per bucket, and when it may rise.
    ///
    /// One word, so that a probability is never used for another bucket.
    probability: AtomicU64,
    random_state: AtomicU64,
}

const BUCKETS: u32 = 10;
const MIN_REQUESTS: u64 = 10;
const MIN_WINDOW: Duration = Duration::from_millis(10);
const MAX_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Returns the probability of rejecting a call, from the counts of the window.
///
/// ```
/// use gusset_breaker::throttle::reject_probability;
///
/// assert_eq!(reject_probability(2.0, 100, 50), 0.0);
/// assert_eq!(reject_probability(2.0, 100, 0), 100.0 / 101.0);
/// ```
pub fn reject_probability(k: f64, requests: u64, accepts: u64) -> f64 {
    let (requests, accepts) = (requests as f64, accepts as f64);
    ((requests - k * accepts) / (requests + 1.0)).max(0.0)
}

// === impl AdaptiveThrottle ===

impl AdaptiveThrottle {
    /// Configures a throttle. Its rejections contain the name.
    pub fn builder(name: impl Into<Arc<str>>) -> AdaptiveThrottleBuilder {
        AdaptiveThrottleBuilder {
            name: name.into(),
            policy: Policy {
                k: 2.0,
                aggression: 1.0,
                max_probability: 0.8,
                minimum_requests: 0,
            },
            window: Duration::from_secs(120),
            minimum_rate: 1.0,
            recorder: None,
            dry_run: false,
            clock: Clock::system(),
            seed: 0,
        }
    }

    /// Returns a layer. Calls that the classifier does not count as failures are accepted.
    pub fn layer<P: Protocol, C: FailureClassifier<P>>(
        &self,
        classifier: C,
    ) -> AdmissionLayer<P, AdaptiveThrottleAdmission<C>> {
        let admission = AdaptiveThrottleAdmission {
            throttle: self.clone(),
            classifier,
        };
        AdmissionLayer::new(admission).with_clock(self.0.clock.clone())
    }

    /// Returns the probability of rejecting the next call.
    pub fn probability(&self) -> f64 {
        self.0.policy.probability(self.counts())
    }

    /// Returns the counts of the window: requests as calls, and those not accepted as failures.
    pub fn counts(&self) -> Counts {
        let tick = self.0.tick(self.0.clock.now());
        self.0.window.counts(0, tick)
    }
}

// === impl Policy ===

impl Policy {
    /// Returns the probability of rejecting a call (Envoy, admission control).
    fn probability(&self, counts: Counts) -> f64 {
        if counts.calls < self.minimum_requests {
            return 0.0;
        }
        let accepts = counts.calls.saturating_sub(counts.failures);
        let probability = reject_probability(self.k, counts.calls, accepts);
        probability
            .powf(1.0 / self.aggression)
            .min(self.max_probability)
    }
}

// === impl Shared ===

impl Shared {
    #[cold]
    fn reject(&self, tick: u64) -> AdaptiveThrottled {
        self.record(tick, false);
        if let Some(metrics) = &self.metrics {
            metrics.rejected_calls.increment(1);
        }
        AdaptiveThrottled(Rejected::from_arc(self.name.clone()))
    }

    fn tick(&self, instant: std::time::Instant) -> u64 {
        let elapsed = instant.saturating_duration_since(self.origin);
        self.window.tick(|| elapsed.as_nanos() as u64)
    }

    /// Decides at random whether the next call is rejected.
    fn should_reject(&self, tick: u64) -> bool {
        // Relaxed: the word depends on no other one.
        let cached = self.probability.load(Ordering::Relaxed);
        let probability = if (cached >> 32) as u32 == tick as u32 {
            cached as u32
        } else {
            self.update_probability(tick)
        };
        // Usually zero, and then no random number is needed.
        probability != 0 && self.random_u32() < probability
    }

    fn record(&self, tick: u64, accepted: bool) {
        self.window.record(shard_index(), 0, tick, !accepted, false);
        // An accepted call only lowers the probability. If it is zero, the next bucket is soon enough.
        if !accepted || self.probability.load(Ordering::Relaxed) as u32 != 0 {
            self.update_probability(tick);
        }
    }

    #[cold]
    fn update_probability(&self, tick: u64) -> u32 {
        let counts = self.window.counts(0, tick);
        let probability = self.policy.probability(counts);
        if let Some(metrics) = &self.metrics {
            metrics.probability.set(probability);
        }
        let probability = (probability * f64::from(u32::MAX)) as u32;
        let cached = u64::from(tick as u32) << 32 | u64::from(probability);
        self.probability.store(cached, Ordering::Relaxed);
        probability
    }

    /// Returns a random number (SplitMix64, Steele et al., OOPSLA 2014).
    ///
    /// Its state is a counter, so one `fetch_add` advances it for all threads. `fastrand::Rng` needs
    /// `&mut`, and its thread-local generator has no seed for reproducible tests.
    fn random_u32(&self) -> u32 {
        const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.random_state.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) >> 32) as u32
    }
}

// === impl AdaptiveThrottleBuilder ===

impl AdaptiveThrottleBuilder {
    /// Sets the number of requests that are admitted per accepted one, from 1 to a million.
    ///
    /// A value near 1 rejects earlier. Defaults to 2.
    pub fn k(mut self, k: f64) -> Self {
        self.policy.k = k;
        self
    }

    /// Sets how early the probability rises, from 1 to 100: it is raised to the power of
    /// `1 / aggression`. Defaults to 1, as in Envoy's admission control.
    pub fn aggression(mut self, aggression: f64) -> Self {
        self.policy.aggression = aggression;
        self
    }

    /// Sets the maximum probability of rejecting a call, from 0 to 1. Defaults to 0.8, as in Envoy's
    /// admission control.
    ///
    /// The remaining calls detect the recovery.
    pub fn max_reject_probability(mut self, probability: f64) -> Self {
        self.policy.max_probability = probability;
        self
    }

    /// Sets the traffic below which no call is rejected, in requests per second averaged over the
    /// window. Defaults to 1, which is 120 requests in the default window.
    ///
    /// At least ten requests are required, unless it is 0. Envoy's default is 0, with which one early
    /// failure rejects calls.
    pub fn minimum_rate(mut self, requests_per_second: f64) -> Self {
        self.minimum_rate = requests_per_second;
        self
    }

    /// Sets the recorder for the metrics `gusset.throttle.*` in [`names`]. Defaults to none.
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Admits every call, and only counts those that would have been rejected.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Sets the size of the window, from 10 ms to one day. Defaults to two minutes.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets the clock. Defaults to the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the seed of the random numbers, for reproducible tests. Defaults to 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Builds the throttle.
    ///
    /// # Errors
    /// A setting is invalid.
    pub fn build(self) -> Result<AdaptiveThrottle, ConfigError> {
        let Policy {
            k,
            aggression,
            max_probability,
            ..
        } = self.policy;
        for (setting, value, min, max) in [
            ("k", k, 1.0, 1e6),
            ("aggression", aggression, 1.0, 100.0),
            ("max_reject_probability", max_probability, 0.0, 1.0),
            ("minimum_rate", self.minimum_rate, 0.0, 1e9),
        ] {
            if !(min..=max).contains(&value) {
                let reason = format!("{value} is not from {min} to {max}");
                return Err(ConfigError::new(setting, reason));
            }
        }
        if !(MIN_WINDOW..=MAX_WINDOW).contains(&self.window) {
            let reason = format!("{:?} is not from 10 ms to one day", self.window);
            return Err(ConfigError::new("window", reason));
        }
        let shape = WindowShape::Time {
            size: self.window,
            buckets: BUCKETS,
        };
        let minimum_requests = if self.minimum_rate > 0.0 {
            let requests = (self.minimum_rate * self.window.as_secs_f64()).ceil();
            (requests as u64).max(MIN_REQUESTS)
        } else {
            0
        };
        Ok(AdaptiveThrottle(Arc::new(Shared {
            metrics: self
                .recorder
                .map(|recorder| ThrottleMetrics::new(&recorder, &self.name)),
            name: self.name,
            dry_run: self.dry_run,
            policy: Policy {
                minimum_requests,
                ..self.policy
            },
            window: Window::new(shape, default_shards()),
            origin: self.clock.now(),
            clock: self.clock,
            probability: AtomicU64::new(0),
            random_state: AtomicU64::new(self.seed),
        })))
    }
}

impl fmt::Debug for AdaptiveThrottleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveThrottleBuilder")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

// === impl AdaptiveThrottleAdmission ===

impl<P: Protocol, C: FailureClassifier<P>> Admission<P> for AdaptiveThrottleAdmission<C> {
    type Permit = AdaptiveThrottlePermit<P, C>;
    type Rejection = AdaptiveThrottled;

    fn admit(
        &self,
        _: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<Self::Permit, AdaptiveThrottled> {
        let shared = &*self.throttle.0;
        let tick = shared.tick(cx.started());
        if shared.should_reject(tick) {
            if shared.dry_run {
                if let Some(metrics) = &shared.metrics {
                    metrics.suppressed_rejections.increment(1);
                }
            } else {
                return Err(shared.reject(tick));
            }
        }
        Ok(AdaptiveThrottlePermit {
            admission: self.clone(),
            response: None,
            chunks: 0,
            counted: false,
        })
    }
}

impl<P: Protocol, C: FailureClassifier<P>> CallObserver<P> for AdaptiveThrottlePermit<P, C> {
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        self.response = Some(self.admission.classifier.on_response(res));
        self.count_early(cx);
    }

    fn on_data(&mut self, _: usize, cx: &CallContext) {
        if self.chunks < 2 {
            self.chunks += 1;
            self.count_early(cx);
        }
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let Self {
            admission,
            response,
            counted,
            ..
        } = self;
        let result = admission.classifier.classify(response, &end, cx).result;
        let shared = &*admission.throttle.0;
        if let Some(metrics) = &shared.metrics {
            metrics.calls[result as usize].increment(1);
        }
        // A stream that was counted as a success counts again only if it fails.
        if result != CallResult::Ignored && (!counted || result.is_failure()) {
            let tick = shared.tick(cx.started() + cx.elapsed());
            shared.record(tick, !result.is_failure());
        }
    }
}

impl<P: Protocol, C: FailureClassifier<P>> AdaptiveThrottlePermit<P, C> {
    /// Counts a stream as a success, once.
    fn count_early(&mut self, cx: &CallContext) {
        let Some(response) = &self.response else {
            return;
        };
        let progress = self.admission.classifier.progress(response, self.chunks);
        if progress == Progress::Streaming && !self.counted {
            self.counted = true;
            let shared = &*self.admission.throttle.0;
            shared.record(shared.tick(cx.started() + cx.elapsed()), true);
        }
    }
}

impl<P: Protocol, C: FailureClassifier<P>> fmt::Debug for AdaptiveThrottlePermit<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveThrottlePermit")
            .finish_non_exhaustive()
    }
}

// === impl AdaptiveThrottled ===

impl fmt::Display for AdaptiveThrottled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("adaptive throttle rejected the call")
    }
}

impl Error for AdaptiveThrottled {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
