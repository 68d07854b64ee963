//! The adaptive throttle: refuses some of the calls, the more the service refuses itself.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, Clock, End, Protocol, Rejected,
};

use crate::config::Window as Shape;
use crate::judge::Judge;
use crate::shared::{lane, usual_lanes};
use crate::sync::{AtomicU64, Ordering};
use crate::window::Window;
use crate::{ConfigError, Counts, Vote};

/// Refuses calls by chance, with the probability that Google's SRE book gives for throttling at the
/// client: `max(0, (requests - k × accepts) / (requests + 1))` of the window.
///
/// Another policy than a breaker's: nothing opens or closes, and there are no probes; the calls that
/// it lets through find out when the service recovers. A refused call counts as a request that was
/// not accepted. While the service accepts `1 / k` of its requests or more, nobody is refused.
///
/// ```
/// use gusset_breaker::throttle::Throttle;
/// use gusset_breaker::judge::JudgeOutcome;
/// use gusset_core::RequestResponse;
///
/// let throttle = Throttle::builder("stock").k(1.5).build()?;
/// let layer = throttle.layer::<RequestResponse<u32, String>, _>(JudgeOutcome);
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Throttle(Arc<Shared>);

/// Configures a [`Throttle`].
#[derive(Clone, Debug)]
#[must_use = "a builder protects nothing"]
pub struct ThrottleBuilder {
    name: Arc<str>,
    k: f64,
    window: Duration,
    clock: Clock,
    seed: u64,
}

/// The throttle refused the call, by chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttled(Rejected);

/// A [`Throttle`] as a guard. Made by [`Throttle::layer`].
#[derive(Clone, Debug)]
pub struct ThrottleGuard<J> {
    throttle: Throttle,
    judge: J,
}

/// The permit of one call.
pub struct ThrottlePermit<P: Protocol, J: Judge<P>> {
    guard: ThrottleGuard<J>,
    head: Option<J::Head>,
}

#[derive(Debug)]
struct Shared {
    name: Arc<str>,
    k: f64,
    /// Calls are requests, failures what was not accepted.
    window: Window,
    clock: Clock,
    origin: std::time::Instant,
    /// `tick:32 | probability:32`, in parts of 2³²: reckoned once a bucket, and when it may rise.
    reckoned: AtomicU64,
    dice: AtomicU64,
}

/// The probability to refuse a call, by the counts of the window.
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

// === impl Throttle ===

impl Throttle {
    /// Configures a throttle of that name.
    pub fn builder(name: impl Into<Arc<str>>) -> ThrottleBuilder {
        ThrottleBuilder {
            name: name.into(),
            k: 2.0,
            window: Duration::from_secs(120),
            clock: Clock::system(),
            seed: 0,
        }
    }

    /// A layer of it, with a judge that says which calls were accepted: those that do not fail.
    pub fn layer<P: Protocol, J: Judge<P>>(&self, judge: J) -> AdmissionLayer<P, ThrottleGuard<J>> {
        let guard = ThrottleGuard {
            throttle: self.clone(),
            judge,
        };
        AdmissionLayer::new(guard).with_clock(self.0.clock.clone())
    }

    /// The probability to refuse the next call.
    pub fn probability(&self) -> f64 {
        let counts = self.counts();
        reject_probability(self.0.k, counts.calls, counts.calls - counts.failures)
    }

    /// What the window holds: requests, and those of them that were not accepted.
    pub fn counts(&self) -> Counts {
        let tick = self.0.tick(self.0.clock.now());
        self.0.window.counts(0, tick)
    }
}

// === impl Shared ===

impl Shared {
    fn tick(&self, at: std::time::Instant) -> u64 {
        let passed = at.saturating_duration_since(self.origin);
        self.window.tick(|| passed.as_nanos() as u64)
    }

    /// Whether the call that draws now is refused.
    fn refuses(&self, tick: u64) -> bool {
        let reckoned = self.reckoned.load(Ordering::Relaxed);
        let probability = if (reckoned >> 32) as u32 == tick as u32 {
            reckoned as u32
        } else {
            self.reckon(tick)
        };
        // As a rule nobody is refused, and nobody draws.
        probability != 0 && self.draw() < probability
    }

    fn record(&self, tick: u64, accepted: bool) {
        self.window.record(lane(), 0, tick, !accepted, false);
        // A call that is accepted lowers it, which waits for the next bucket if it is nothing.
        if !accepted || self.reckoned.load(Ordering::Relaxed) as u32 != 0 {
            self.reckon(tick);
        }
    }

    #[cold]
    fn reckon(&self, tick: u64) -> u32 {
        let counts = self.window.counts(0, tick);
        let accepts = counts.calls.saturating_sub(counts.failures);
        let probability = reject_probability(self.k, counts.calls, accepts);
        let probability = (probability * f64::from(u32::MAX)) as u32;
        let reckoned = u64::from(tick as u32) << 32 | u64::from(probability);
        self.reckoned.store(reckoned, Ordering::Relaxed);
        probability
    }

    /// A number by chance (SplitMix64).
    fn draw(&self) -> u32 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.dice.fetch_add(STEP, Ordering::Relaxed);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) >> 32) as u32
    }
}

// === impl ThrottleBuilder ===

impl ThrottleBuilder {
    /// How many requests it lets through for each that is accepted; 2 unless set. Nearer to 1, it
    /// refuses sooner.
    pub fn k(mut self, k: f64) -> Self {
        self.k = k;
        self
    }

    /// How far it looks back; two minutes unless set.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Reads that clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Draws the same each time.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Puts the throttle together.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn build(self) -> Result<Throttle, ConfigError> {
        if !(1.0..=1e6).contains(&self.k) {
            let why = format!("{} is not from 1 to a million", self.k);
            return Err(ConfigError::new("k", why));
        }
        let range = Duration::from_millis(10)..=Duration::from_secs(24 * 3600);
        if !range.contains(&self.window) {
            let why = format!("{:?} is not from 10 ms to a day", self.window);
            return Err(ConfigError::new("window", why));
        }
        let shape = Shape::Time {
            size: self.window,
            buckets: 10,
        };
        Ok(Throttle(Arc::new(Shared {
            name: self.name,
            k: self.k,
            window: Window::new(shape, usual_lanes()),
            origin: self.clock.now(),
            clock: self.clock,
            reckoned: AtomicU64::new(0),
            dice: AtomicU64::new(self.seed),
        })))
    }
}

// === impl ThrottleGuard ===

impl<P: Protocol, J: Judge<P>> Admission<P> for ThrottleGuard<J> {
    type Permit = ThrottlePermit<P, J>;
    type Rejection = Throttled;

    fn admit(&self, _: P::Request<'_>, cx: &mut CallContext) -> Result<Self::Permit, Throttled> {
        let shared = &*self.throttle.0;
        let tick = shared.tick(cx.started());
        if shared.refuses(tick) {
            shared.record(tick, false);
            return Err(Throttled(Rejected::from_arc(shared.name.clone())));
        }
        Ok(ThrottlePermit {
            guard: self.clone(),
            head: None,
        })
    }
}

impl<P: Protocol, J: Judge<P>> CallObserver<P> for ThrottlePermit<P, J> {
    fn on_response(&mut self, res: P::Response<'_>, _: &CallContext) {
        self.head = Some(self.guard.judge.head(res));
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let vote = self.guard.judge.vote(self.head, &end, cx).vote;
        if vote != Vote::Ignore {
            let shared = &*self.guard.throttle.0;
            shared.record(shared.tick(cx.started() + cx.elapsed()), !vote.fails());
        }
    }
}

impl<P: Protocol, J: Judge<P>> fmt::Debug for ThrottlePermit<P, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThrottlePermit").finish_non_exhaustive()
    }
}

// === impl Throttled ===

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("throttled, for the service accepts too few of its requests")
    }
}

impl Error for Throttled {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
