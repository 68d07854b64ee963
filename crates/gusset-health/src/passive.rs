//! A check of the outcomes of real requests.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gusset_core::{
    CallContext, CallObserver, Clock, End, Observer, ObserverId, Outcome, Protocol, TimeWindow,
};

use crate::{Check, CheckResult, ConfigError};

/// The number of buckets of the window: results expire a tenth of the window at a time.
const BUCKETS: u32 = 10;

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
    results: Arc<Results>,
}

/// The state of a request that a [`PassiveCheck`] counts.
#[derive(Debug)]
pub struct PassiveCheckCall(PassiveCheck);

/// The results that clones share.
#[derive(Debug)]
struct Results {
    window: TimeWindow,
    /// The time of the first result.
    origin: OnceLock<Instant>,
}

// === impl PassiveCheck ===

impl PassiveCheck {
    /// Creates a check with the default settings. Clones share their counts. Changing a setting
    /// starts new counts.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        let window = Duration::from_secs(30);
        Self {
            name: name.into(),
            clock: Clock::system(),
            window,
            min_requests: 20,
            degraded_at: 0.1,
            down_at: 0.5,
            results: Results::new(window),
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
        let counts = self.results.window.counts(0, self.tick());
        let (total, failures) = (counts.calls, counts.failures);
        let message = format!("{failures} of {total} calls failed");
        let ratio = failures as f64 / total.max(1) as f64;
        if total < u64::from(self.min_requests) || ratio < self.degraded_at {
            CheckResult::up().with_message(message)
        } else if ratio < self.down_at {
            CheckResult::degraded(message)
        } else {
            CheckResult::down(message)
        }
    }

    fn count(&self, failed: bool) {
        self.results.window.record(0, 0, self.tick(), failed, false);
    }

    /// Returns the number of the current bucket.
    fn tick(&self) -> u64 {
        let now = self.clock.now();
        let origin = *self.results.origin.get_or_init(|| now);
        let elapsed = now.saturating_duration_since(origin).as_nanos();
        self.results.window.tick(elapsed as u64)
    }

    /// Separates this value from its clones, because their settings differ now.
    fn with_new_counts(mut self) -> Self {
        self.results = Results::new(self.window);
        self
    }
}

impl<P: Protocol> Observer<P> for PassiveCheck {
    type Call = PassiveCheckCall;

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> PassiveCheckCall {
        PassiveCheckCall(self.clone())
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.results)
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

// === impl Results ===

impl Results {
    fn new(window: Duration) -> Arc<Self> {
        let bucket_nanos = window.as_nanos() / u128::from(BUCKETS);
        Arc::new(Self {
            window: TimeWindow::new(bucket_nanos as u64, BUCKETS, 1),
            origin: OnceLock::new(),
        })
    }
}
