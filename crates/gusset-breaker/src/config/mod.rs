//! When a breaker opens, for how long, and what closes it again.

mod check;
mod preset;

use std::time::Duration;

pub use gusset_core::ConfigError;

/// When a breaker opens, for how long, and what closes it again.
///
/// What is not set is by convention: it opens when half of at least 20 calls within 10 seconds
/// failed, for 5 seconds, doubled each time up to a minute and lengthened by up to a tenth by chance;
/// then 3 probes that all succeed close it.
///
/// A plain value: it is checked where it is used, by [`BreakerBuilder::build`] and
/// [`Breaker::reconfigure`], and the error names the field.
///
/// ```
/// use gusset_breaker::{Breaker, Config};
/// use std::time::Duration;
///
/// let config = Config::new()
///     .time_window(Duration::from_secs(30))
///     .failure_rate(0.25)
///     .slow_calls(Duration::from_secs(2), 0.5)
///     .consecutive_failures(10)
///     .open_for(Duration::from_secs(10));
/// let breaker = Breaker::builder("stock").config(config).build()?;
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
///
/// [`BreakerBuilder::build`]: crate::BreakerBuilder::build
/// [`Breaker::reconfigure`]: crate::Breaker::reconfigure
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a configuration does nothing until a breaker is built with it"]
pub struct Config {
    pub(crate) window: Option<Window>,
    minimum_calls: Option<u32>,
    failure_rate: Option<f64>,
    slow_calls: Option<(Duration, f64)>,
    slow_at_end: bool,
    slow_cancels_fail: bool,
    consecutive_failures: Option<u32>,
    half_open_calls: u32,
    half_open_policy: Option<HalfOpenPolicy>,
    half_open_max: HalfOpenMax,
    half_open_closes_when_over: bool,
    open_for: Duration,
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

/// What the probes of a half-open breaker decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HalfOpenPolicy {
    /// The first failure opens again; all probes have to succeed.
    AnyFailure,
    /// All probes vote, then the same shares decide as in the window.
    Rate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HalfOpenMax {
    /// As long as it is open at first.
    AsOpen,
    Of(Duration),
    Unlimited,
}

// === impl Config ===

impl Config {
    /// By convention.
    pub fn new() -> Self {
        Self {
            window: Some(Window::time(Duration::from_secs(10))),
            minimum_calls: None,
            failure_rate: Some(0.5),
            slow_calls: None,
            slow_at_end: false,
            slow_cancels_fail: false,
            consecutive_failures: None,
            half_open_calls: 3,
            half_open_policy: None,
            half_open_max: HalfOpenMax::AsOpen,
            half_open_closes_when_over: false,
            open_for: Duration::from_secs(5),
            open_backoff: Some((2.0, Duration::from_secs(60))),
            open_jitter: 0.1,
            honour_retry_after: None,
            auto_half_open: false,
        }
    }

    /// Looks at the calls of the last `size`, in ten buckets: a result is forgotten between
    /// nine and ten tenths of `size` later. Costs the same whatever the number of calls.
    pub fn time_window(mut self, size: Duration) -> Self {
        self.window = Some(Window::time(size));
        self
    }

    /// As [`time_window`](Self::time_window), in so many buckets (1 to 65,536): finer forgetting,
    /// for 32 bytes a bucket and lane.
    pub fn time_window_in(mut self, size: Duration, buckets: u32) -> Self {
        self.window = Some(Window::Time { size, buckets });
        self
    }

    /// Looks at the last `size` calls, exactly; 1 to 65,536. Its one counter is shared by all threads:
    /// for services with little traffic. Half a byte a call.
    pub fn count_window(mut self, size: u32) -> Self {
        self.window = Some(Window::Count(size));
        self
    }

    /// Calls that the window must hold before its shares are looked at; at least 1, and not above a
    /// count window. 20 unless set, or the whole of a smaller window.
    pub fn minimum_calls(mut self, calls: u32) -> Self {
        self.minimum_calls = Some(calls);
        self
    }

    /// Opens when this share of the window's calls failed, or more: above 0, at most 1.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.failure_rate = Some(rate);
        self
    }

    /// Without a limit for the share of failures.
    pub fn without_failure_rate(mut self) -> Self {
        self.failure_rate = None;
        self
    }

    /// Opens when this share of the window's calls took longer than `duration`, or more. By the time
    /// to the head of the response; see [`slow_at_end`](Self::slow_at_end).
    pub fn slow_calls(mut self, duration: Duration, rate: f64) -> Self {
        self.slow_calls = Some((duration, rate));
        self
    }

    /// Measures slowness to the end of the body, and not to the head: a caller that reads slowly
    /// then makes a slow call.
    pub fn slow_at_end(mut self) -> Self {
        self.slow_at_end = true;
        self
    }

    /// Counts a call as failed that its caller gave up before any head came, but after it was slow:
    /// callers whose patience ends before the service's does would hide an outage. Asks for
    /// [`slow_calls`](Self::slow_calls).
    pub fn slow_cancels_fail(mut self) -> Self {
        self.slow_cancels_fail = true;
        self
    }

    /// Opens after so many failures in a row, whatever the window holds. Alone it needs no clock.
    pub fn consecutive_failures(mut self, failures: u32) -> Self {
        self.consecutive_failures = Some(failures);
        self
    }

    /// Without a window: neither shares of failures nor of slow calls open it.
    pub fn without_window(mut self) -> Self {
        self.window = None;
        self.failure_rate = None;
        self.slow_calls = None;
        self.minimum_calls = None;
        self
    }

    /// Probes of a half-open breaker, 1 to 1000.
    pub fn half_open_calls(mut self, calls: u32) -> Self {
        self.half_open_calls = calls;
        self
    }

    /// What the probes decide. Unless set, [`AnyFailure`](HalfOpenPolicy::AnyFailure) for three
    /// probes or fewer and where there is no failure rate, else [`Rate`](HalfOpenPolicy::Rate).
    pub fn half_open_policy(mut self, policy: HalfOpenPolicy) -> Self {
        self.half_open_policy = Some(policy);
        self
    }

    /// How long a half-open breaker waits for its probes before it opens again; as long as
    /// [`open_for`](Self::open_for) unless set. It is why a probe that hangs cannot wedge it.
    pub fn half_open_max(mut self, limit: Duration) -> Self {
        self.half_open_max = HalfOpenMax::Of(limit);
        self
    }

    /// Waits for probes for ever: as long as one of them hangs, nobody else is admitted.
    pub fn half_open_unlimited(mut self) -> Self {
        self.half_open_max = HalfOpenMax::Unlimited;
        self
    }

    /// Closes, and does not open again, when the half-open time is over.
    pub fn half_open_closes_when_over(mut self) -> Self {
        self.half_open_closes_when_over = true;
        self
    }

    /// How long it stays open at first; a millisecond at least.
    pub fn open_for(mut self, delay: Duration) -> Self {
        self.open_for = delay;
        self
    }

    /// Each time that it opens again without having been closed, it stays open `multiplier` times as
    /// long, up to `most`. 1 and the same time for no backoff.
    pub fn open_backoff(mut self, multiplier: f64, most: Duration) -> Self {
        self.open_backoff = Some((multiplier, most));
        self
    }

    /// Stays open for the same time each time.
    pub fn without_open_backoff(mut self) -> Self {
        self.open_backoff = None;
        self
    }

    /// Lengthens each open time by chance, by up to this share of it (0 to 1), so that many clients
    /// do not come back at once.
    pub fn open_jitter(mut self, share: f64) -> Self {
        self.open_jitter = share;
        self
    }

    /// Stays open as long as the result that opened it asked for (`Retry-After`,
    /// `grpc-retry-pushback-ms`), if that is longer, but never longer than `most`. A wish can only
    /// lengthen.
    pub fn honour_retry_after(mut self, most: Duration) -> Self {
        self.honour_retry_after = Some(most);
        self
    }

    /// Lets [`Breaker::tick`](crate::Breaker::tick) move from open to half-open, without a call.
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
        Self::Time { size, buckets: 10 }
    }
}
