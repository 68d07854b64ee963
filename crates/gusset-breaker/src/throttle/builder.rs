//! The settings of a throttle.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Clock, PanicCounter};

use super::{AdaptiveThrottle, BUCKETS, MIN_REQUESTS, Policy, Shared};
use crate::config::Window as WindowShape;
use crate::metrics::ThrottleMetrics;
#[allow(unused_imports, reason = "for the documentation")]
use crate::names;
use crate::shared::{default_shards, report_panic};
use crate::sync::AtomicU64;
use crate::window::Window;
use crate::{ConfigError, SharedRecorder};

/// Configures an [`AdaptiveThrottle`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct AdaptiveThrottleBuilder {
    pub(super) name: Arc<str>,
    pub(super) policy: Policy,
    pub(super) window: Duration,
    pub(super) minimum_rate: f64,
    pub(super) clock: Clock,
    pub(super) seed: u64,
    pub(super) recorder: Option<SharedRecorder>,
    pub(super) dry_run: bool,
}

const MIN_WINDOW: Duration = Duration::from_millis(10);
const MAX_WINDOW: Duration = Duration::from_secs(24 * 3600);

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
        let panics = PanicCounter::new();
        let metrics = self.recorder.and_then(|recorder| {
            let register = || ThrottleMetrics::new(&recorder, &self.name);
            panics.catch(register, || report_panic(&self.name))
        });
        Ok(AdaptiveThrottle(Arc::new(Shared {
            metrics,
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
            panics,
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
