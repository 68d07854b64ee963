//! The configuration of a breaker.

mod check;
mod preset;

use std::time::Duration;

pub use gusset_core::ConfigError;

/// When a breaker opens, for how long, and what closes it.
///
/// By default, it opens when half of at least 20 calls within 10 s failed. It stays open for 5 s,
/// doubled each time up to one minute, plus up to a tenth of jitter. Then 3 half-open calls must
/// succeed to close it.
///
/// The values are checked by [`CircuitBreakerBuilder::build`] and [`CircuitBreaker::reconfigure`].
///
/// ```
/// use gusset_breaker::{CircuitBreaker, Config};
/// use std::time::Duration;
///
/// let config = Config::new()
///     .time_window(Duration::from_secs(30))
///     .failure_rate_threshold(0.25)
///     .slow_calls(Duration::from_secs(2), 0.5)
///     .consecutive_failures(10)
///     .open_duration(Duration::from_secs(10));
/// let breaker = CircuitBreaker::builder("stock").config(config).build()?;
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
///
/// [`CircuitBreakerBuilder::build`]: crate::CircuitBreakerBuilder::build
/// [`CircuitBreaker::reconfigure`]: crate::CircuitBreaker::reconfigure
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a configuration does nothing until a breaker is built with it"]
pub struct Config {
    pub(crate) window: Option<Window>,
    minimum_calls: Option<u32>,
    failure_rate_threshold: Option<f64>,
    slow_calls: Option<(Duration, f64)>,
    slow_includes_body: bool,
    slow_cancelled_is_failure: bool,
    consecutive_failures: Option<u32>,
    half_open_calls: u32,
    half_open_policy: Option<HalfOpenPolicy>,
    max_half_open: MaxHalfOpen,
    close_on_half_open_timeout: bool,
    open_duration: Duration,
    open_backoff: Option<(f64, Duration)>,
    open_jitter: f64,
    honour_retry_after: Option<Duration>,
    auto_half_open: bool,
}

/// The shape of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    Count(u32),
    Time { size: Duration, buckets: u32 },
}

/// How the results of half-open calls are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HalfOpenPolicy {
    /// The first failure opens the breaker. All calls must succeed to close it.
    AnyFailure,
    /// When all calls have completed, the thresholds of the window apply.
    Rate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MaxHalfOpen {
    OpenDuration,
    Limit(Duration),
    Unlimited,
}

const DEFAULT_BUCKETS: u32 = 10;

// === impl Config ===

impl Config {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self {
            window: Some(Window::time(Duration::from_secs(10))),
            minimum_calls: None,
            failure_rate_threshold: Some(0.5),
            slow_calls: None,
            slow_includes_body: false,
            slow_cancelled_is_failure: false,
            consecutive_failures: None,
            half_open_calls: 3,
            half_open_policy: None,
            max_half_open: MaxHalfOpen::OpenDuration,
            close_on_half_open_timeout: false,
            open_duration: Duration::from_secs(5),
            open_backoff: Some((2.0, Duration::from_secs(60))),
            open_jitter: 0.1,
            honour_retry_after: None,
            auto_half_open: false,
        }
    }

    /// Counts the calls of the last `size`, in ten buckets. Defaults to 10 s.
    ///
    /// A result leaves the window after nine to ten tenths of `size`. The cost of a call does not
    /// depend on the number of calls in the window.
    pub fn time_window(mut self, size: Duration) -> Self {
        self.window = Some(Window::time(size));
        self
    }

    /// Counts the calls of the last `size`, in 1 to 65,536 buckets of at least 1 ms.
    ///
    /// Each bucket takes 16 bytes, and 8 bytes per shard.
    pub fn time_window_with_buckets(mut self, size: Duration, buckets: u32) -> Self {
        self.window = Some(Window::Time { size, buckets });
        self
    }

    /// Counts exactly the last `size` calls, from 1 to 65,536. Each takes half a byte.
    ///
    /// All threads share one counter, so prefer a time window for high traffic.
    pub fn count_window(mut self, size: u32) -> Self {
        self.window = Some(Window::Count(size));
        self
    }

    /// Sets the number of calls in the window below which its rates are not evaluated.
    ///
    /// At least 1, and at most the size of a count window. Defaults to 20, or the size of a smaller
    /// count window.
    pub fn minimum_calls(mut self, calls: u32) -> Self {
        self.minimum_calls = Some(calls);
        self
    }

    /// Sets the ratio of failed calls in the window that opens the breaker (inclusive).
    ///
    /// Above 0, at most 1. Defaults to 0.5.
    pub fn failure_rate_threshold(mut self, ratio: f64) -> Self {
        self.failure_rate_threshold = Some(ratio);
        self
    }

    /// Removes the threshold of the failure rate.
    pub fn without_failure_rate_threshold(mut self) -> Self {
        self.failure_rate_threshold = None;
        self
    }

    /// Opens the breaker when this ratio of the calls in the window was slower than `threshold`.
    ///
    /// Measured to the response headers; see [`slow_includes_body`](Self::slow_includes_body). The
    /// ratio is above 0 and at most 1. Off by default.
    pub fn slow_calls(mut self, threshold: Duration, ratio: f64) -> Self {
        self.slow_calls = Some((threshold, ratio));
        self
    }

    /// Measures slow calls to the end of the response body. A slow client then causes slow calls.
    pub fn slow_includes_body(mut self) -> Self {
        self.slow_includes_body = true;
        self
    }

    /// Counts a call as failed if the client cancels it before the response headers and it was slow.
    ///
    /// Without this, clients with a short timeout hide an outage: a call that `tokio::time::timeout`
    /// drops outside of the breaker is never counted. The breaker warns once if that is frequent. Put
    /// the timeout inside of the breaker instead, where it is an error of the service:
    /// `ServiceBuilder::new().layer(breaker.http_client()).timeout(limit).service(client)`. If that is
    /// not possible, use this setting, with a slow threshold below the timeout.
    ///
    /// Requires [`slow_calls`](Self::slow_calls).
    pub fn slow_cancelled_is_failure(mut self) -> Self {
        self.slow_cancelled_is_failure = true;
        self
    }

    /// Opens the breaker after this number of consecutive failures. Off by default.
    pub fn consecutive_failures(mut self, failures: u32) -> Self {
        self.consecutive_failures = Some(failures);
        self
    }

    /// Removes the window and its thresholds. Requires
    /// [`consecutive_failures`](Self::consecutive_failures).
    pub fn without_window(mut self) -> Self {
        self.window = None;
        self.failure_rate_threshold = None;
        self.slow_calls = None;
        self.minimum_calls = None;
        self
    }

    /// Sets the number of calls that a half-open breaker admits, from 1 to 1000. Defaults to 3.
    pub fn half_open_calls(mut self, calls: u32) -> Self {
        self.half_open_calls = calls;
        self
    }

    /// Sets how the results of half-open calls are evaluated.
    ///
    /// Defaults to [`AnyFailure`](HalfOpenPolicy::AnyFailure) for up to three calls or without a
    /// threshold of the failure rate, and to [`Rate`](HalfOpenPolicy::Rate) otherwise.
    pub fn half_open_policy(mut self, policy: HalfOpenPolicy) -> Self {
        self.half_open_policy = Some(policy);
        self
    }

    /// Sets how long a half-open breaker waits for its calls before it opens again, or closes if the calls in
    /// progress have good response headers.
    ///
    /// Defaults to [`open_duration`](Self::open_duration). A call that hangs therefore cannot block the
    /// breaker.
    pub fn max_half_open(mut self, limit: Duration) -> Self {
        self.max_half_open = MaxHalfOpen::Limit(limit);
        self
    }

    /// Waits for half-open calls without a limit. One that hangs blocks the breaker.
    pub fn no_half_open_timeout(mut self) -> Self {
        self.max_half_open = MaxHalfOpen::Unlimited;
        self
    }

    /// Closes the breaker after [`max_half_open`](Self::max_half_open), instead of opening it.
    pub fn close_on_half_open_timeout(mut self) -> Self {
        self.close_on_half_open_timeout = true;
        self
    }

    /// Sets how long the breaker stays open the first time; at least 1 ms. Defaults to 5 s.
    pub fn open_duration(mut self, duration: Duration) -> Self {
        self.open_duration = duration;
        self
    }

    /// Multiplies the open duration each time the breaker opens without having been closed, up to
    /// `max`.
    ///
    /// The multiplier is from 1 to a million. Defaults to 2.0 and one minute.
    pub fn open_backoff(mut self, multiplier: f64, max: Duration) -> Self {
        self.open_backoff = Some((multiplier, max));
        self
    }

    /// Uses the same open duration each time.
    pub fn without_open_backoff(mut self) -> Self {
        self.open_backoff = None;
        self
    }

    /// Adds up to this ratio of the open duration at random, from 0 to 1. Defaults to 0.1.
    ///
    /// Prevents many clients from retrying at the same time.
    pub fn open_jitter(mut self, ratio: f64) -> Self {
        self.open_jitter = ratio;
        self
    }

    /// Stays open as long as the result that opened the breaker requested, up to `max`.
    ///
    /// Reads `Retry-After` and `grpc-retry-pushback-ms`. They only lengthen the open duration. Off by
    /// default.
    pub fn honour_retry_after(mut self, max: Duration) -> Self {
        self.honour_retry_after = Some(max);
        self
    }

    /// Lets [`CircuitBreaker::tick`](crate::CircuitBreaker::tick) move from open to half-open without
    /// a call.
    pub fn auto_half_open(mut self) -> Self {
        self.auto_half_open = true;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Window ===

impl Window {
    fn time(size: Duration) -> Self {
        Self::Time {
            size,
            buckets: DEFAULT_BUCKETS,
        }
    }
}
