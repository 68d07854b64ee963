//! A check of the outcomes of real requests.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::{CallContext, CallObserver, Clock, End, Observer, Outcome, Protocol};

use crate::{Check, CheckResult, ConfigError};

/// The number of buckets of the window: results expire a tenth of the window at a time.
const BUCKETS: usize = 10;

/// A passive health check: an observer of real requests, and a [`Check`] of their failure ratio.
///
/// Use the observer in the layer of a client or a server. Server errors are failures; successes and
/// client errors are not. Cancelled and rejected requests are ignored. The check is up if the window
/// has too few requests. So a dependency that gets no more traffic becomes up again after the window.
///
/// | setting | default |
/// |---|---|
/// | [`window`](Self::window) | 30 s |
/// | [`min_requests`](Self::min_requests) in the window | 20 |
/// | [`degraded_at`](Self::degraded_at), ratio of failures | 0.1 |
/// | [`down_at`](Self::down_at), ratio of failures | 0.5 |
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_health::{Health, PassiveCheck, SharedDependency};
/// use gusset_http::{Http, HttpClientClassifier};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let stock = PassiveCheck::new("stock-calls").down_at(0.8).min_requests(50);
/// let health = Health::builder().health_check(SharedDependency(stock.check()?)).build()?;
/// let client_layer = ObserveLayer::<Http<HttpClientClassifier>, _>::new(stock);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "counts nothing until it is used as the observer of a layer"]
pub struct PassiveCheck {
    name: Cow<'static, str>,
    clock: Clock,
    window: Duration,
    min_requests: u32,
    degraded_at: f64,
    down_at: f64,
    window_counts: Arc<Mutex<WindowCounts>>,
}

/// The state of a request that a [`PassiveCheck`] counts.
#[derive(Debug)]
pub struct PassiveCheckCall(PassiveCheck);

/// Results in a ring of buckets.
#[derive(Debug, Default)]
struct WindowCounts {
    origin: Option<Instant>,
    /// The index of the newest bucket, counted from the origin.
    newest: u64,
    /// Successes and failures. The bucket with index `i` is at `i % BUCKETS`.
    buckets: [[u32; 2]; BUCKETS],
}

// === impl PassiveCheck ===

impl PassiveCheck {
    /// Creates a check with the default settings. Clones share their counts. Changing a setting
    /// starts new counts.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            clock: Clock::system(),
            window: Duration::from_secs(30),
            min_requests: 20,
            degraded_at: 0.1,
            down_at: 0.5,
            window_counts: Arc::default(),
        }
    }

    /// Sets how long a result counts. Defaults to 30 s.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self.with_new_counts()
    }

    /// Sets the number of requests below which the check is up. Defaults to 20.
    pub fn min_requests(mut self, requests: u32) -> Self {
        self.min_requests = requests;
        self.with_new_counts()
    }

    /// Sets the failure ratio from which the check is degraded, from 0 to 1. Defaults to 0.1.
    pub fn degraded_at(mut self, ratio: f64) -> Self {
        self.degraded_at = ratio;
        self.with_new_counts()
    }

    /// Sets the failure ratio from which the check is down, from 0 to 1. Defaults to 0.5.
    pub fn down_at(mut self, ratio: f64) -> Self {
        self.down_at = ratio;
        self.with_new_counts()
    }

    /// Sets the clock. Defaults to the system clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self.with_new_counts()
    }

    /// Creates the check. The thresholds of [`Check`] apply on top of the window. Set them to 1 if the
    /// window smooths enough.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn check(&self) -> Result<Check, ConfigError> {
        let error = |setting: &str, reason| {
            let setting = format!("passive.{}.{setting}", self.name.escape_default());
            Err(ConfigError::new(setting, reason))
        };
        if self.window < Duration::from_secs(1) {
            return error("window", "shorter than a second");
        }
        if self.min_requests == 0 {
            return error("min_requests", "must not be zero");
        }
        if !(self.down_at > 0.0 && self.down_at <= 1.0) {
            return error("down_at", "not above 0 and at most 1");
        }
        if !(self.degraded_at > 0.0 && self.degraded_at <= self.down_at) {
            return error("degraded_at", "not above 0 and at most `down_at`");
        }
        let this = self.clone();
        Ok(Check::sync(self.name.clone(), move || this.result()))
    }

    fn result(&self) -> CheckResult {
        let [successes, failures] = self.with_counts(WindowCounts::sum);
        let total = successes + failures;
        let message = format!("{failures} of {total} calls failed");
        let ratio = f64::from(failures) / f64::from(total.max(1));
        if total < self.min_requests || ratio < self.degraded_at {
            CheckResult::up().with_message(message)
        } else if ratio < self.down_at {
            CheckResult::degraded(message)
        } else {
            CheckResult::down(message)
        }
    }

    fn count(&self, failed: bool) {
        self.with_counts(|counts, bucket| counts.add(bucket, failed));
    }

    /// Calls the function with the counts and the index of the current bucket.
    fn with_counts<R>(&self, run: impl FnOnce(&mut WindowCounts, u64) -> R) -> R {
        let now = self.clock.now();
        let mut counts = self
            .window_counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let origin = *counts.origin.get_or_insert(now);
        let bucket_nanos = (self.window.as_nanos() / BUCKETS as u128).max(1);
        let elapsed = now.saturating_duration_since(origin).as_nanos();
        run(&mut counts, (elapsed / bucket_nanos) as u64)
    }

    /// Separates this value from its clones, because their settings differ now.
    fn with_new_counts(mut self) -> Self {
        self.window_counts = Arc::default();
        self
    }
}

impl<P: Protocol> Observer<P> for PassiveCheck {
    type Call = PassiveCheckCall;

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> PassiveCheckCall {
        PassiveCheckCall(self.clone())
    }
}

impl fmt::Debug for PassiveCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassiveCheck")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

// === impl PassiveCheckCall ===

impl<P: Protocol> CallObserver<P> for PassiveCheckCall {
    #[inline]
    fn on_end(self, _: End<'_, P>, cx: &CallContext) {
        match cx.outcome() {
            Some(Outcome::ServerError) => self.0.count(true),
            Some(Outcome::Success | Outcome::ClientError) => self.0.count(false),
            // The outcome does not depend on the health of the service.
            _ => {}
        }
    }
}

// === impl WindowCounts ===

impl WindowCounts {
    fn add(&mut self, bucket: u64, failed: bool) {
        self.advance_to(bucket);
        let counts = &mut self.buckets[(bucket % BUCKETS as u64) as usize][usize::from(failed)];
        *counts = counts.saturating_add(1);
    }

    fn sum(&mut self, bucket: u64) -> [u32; 2] {
        self.advance_to(bucket);
        let sums = self.buckets.iter();
        sums.fold([0, 0], |[successes, failures], bucket| {
            [
                successes.saturating_add(bucket[0]),
                failures.saturating_add(bucket[1]),
            ]
        })
    }

    /// Clears the buckets between the newest one and this one, which hold expired results.
    fn advance_to(&mut self, bucket: u64) {
        let passed = bucket.saturating_sub(self.newest).min(BUCKETS as u64);
        for back in 0..passed {
            self.buckets[((bucket - back) % BUCKETS as u64) as usize] = [0, 0];
        }
        self.newest = self.newest.max(bucket);
    }
}
