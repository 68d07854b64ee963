//! An adaptive throttle: rejects a share of the calls, in proportion to the failures of the service.

mod builder;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, Clock, End, PanicCounter, Protocol,
    Rejected,
};

pub use self::builder::AdaptiveThrottleBuilder;
use crate::classify::{FailureClassifier, Progress};
use crate::metrics::ThrottleMetrics;
use crate::shared::{report_panic, shard_index};
use crate::sync::{AtomicU64, Ordering};
use crate::window::Window;
use crate::{CallResult, Counts};

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

/// How the counts of the window become a probability.
#[derive(Clone, Copy, Debug)]
struct Policy {
    k: f64,
    aggression: f64,
    max_probability: f64,
    minimum_requests: u64,
}

/// The throttle rejected the call. The service was not called.
#[derive(Clone, PartialEq, Eq)]
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
    /// The classifier has panicked, so the result is unknown.
    panicked: bool,
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
    /// The panics of the user's functions: the classifier, the recorder, the response to a rejection.
    panics: PanicCounter,
}

const BUCKETS: u32 = 10;
const MIN_REQUESTS: u64 = 10;

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

    /// Returns how often the classifier, the recorder or the response to a rejection has panicked. A call
    /// whose classifier panicked is not counted.
    pub fn panics(&self) -> u64 {
        self.0.panics.count()
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
    /// Returns what the classifier returns, or `None` if it panics. The first panic is logged.
    fn contain<T>(&self, function: impl FnOnce() -> T) -> Option<T> {
        self.panics.catch(function, || report_panic(&self.name))
    }

    /// Records metrics. The recorder is user code.
    fn measure(&self, record: impl FnOnce(&ThrottleMetrics)) {
        if let Some(metrics) = &self.metrics {
            let _ = self.contain(|| record(metrics));
        }
    }

    #[cold]
    fn reject(&self, tick: u64) -> AdaptiveThrottled {
        self.record(tick, false);
        self.measure(|metrics| metrics.rejected_calls.increment(1));
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
        self.measure(|metrics| metrics.probability.set(probability));
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
                shared.measure(|metrics| metrics.suppressed_rejections.increment(1));
            } else {
                return Err(shared.reject(tick));
            }
        }
        Ok(AdaptiveThrottlePermit {
            admission: self.clone(),
            response: None,
            chunks: 0,
            counted: false,
            panicked: false,
        })
    }

    fn on_respond_panic(&self) {
        let shared = &self.throttle.0;
        shared.panics.add(|| report_panic(&shared.name));
    }
}

impl<P: Protocol, C: FailureClassifier<P>> CallObserver<P> for AdaptiveThrottlePermit<P, C> {
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        let AdaptiveThrottleAdmission {
            throttle,
            classifier,
        } = &self.admission;
        self.response = throttle.0.contain(|| classifier.on_response(res));
        self.panicked = self.response.is_none();
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
            panicked,
            chunks: _,
        } = self;
        let shared = &*admission.throttle.0;
        let report = if panicked {
            None
        } else {
            shared.contain(|| admission.classifier.classify(response, &end, cx))
        };
        let result = report.map_or(CallResult::Ignored, |report| report.result);
        shared.measure(|metrics| metrics.calls[result as usize].increment(1));
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
        let (classifier, chunks) = (&self.admission.classifier, self.chunks);
        let shared = &*self.admission.throttle.0;
        let progress = shared.contain(|| classifier.progress(response, chunks));
        self.panicked |= progress.is_none();
        if progress == Some(Progress::Streaming) && !self.counted {
            self.counted = true;
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

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for AdaptiveThrottled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for AdaptiveThrottled {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
