//! Configurations for common cases.

use std::time::Duration;

use super::Config;

// === impl Config ===

impl Config {
    /// Returns a configuration for a dependency with little traffic.
    ///
    /// Opens after this number of consecutive failures, and admits one half-open call at a time. Reads
    /// no clock while the breaker is closed.
    ///
    /// ```
    /// use gusset_breaker::{CallResult, CircuitBreaker, Config};
    ///
    /// let breaker = CircuitBreaker::builder("mail").config(Config::consecutive(2)).build()?;
    /// for _ in 0..2 {
    ///     breaker.try_acquire().expect("it is closed").record(CallResult::Failure);
    /// }
    /// assert!(breaker.try_acquire().is_err());
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn consecutive(failures: u32) -> Self {
        Self::new()
            .without_window()
            .consecutive_failures(failures)
            .half_open_calls(1)
    }

    /// Returns a configuration for an internal service, which opens early and retries soon.
    ///
    /// Opens when a quarter of at least 20 calls failed, or after 10 consecutive failures. Stays open
    /// for 1 s, with a backoff up to 30 s.
    ///
    /// ```
    /// # use gusset_breaker::{CircuitBreaker, Config};
    /// let breaker = CircuitBreaker::builder("stock").config(Config::internal()).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn internal() -> Self {
        Self::new()
            .failure_rate_threshold(0.25)
            .consecutive_failures(10)
            .open_duration(Duration::from_secs(1))
            .open_backoff(2.0, Duration::from_secs(30))
    }

    /// Returns a configuration for a third-party service, which opens late and retries rarely.
    ///
    /// Opens when half of at least 50 calls within a minute failed. Stays open for 15 s, with a backoff
    /// up to five minutes, and honours `Retry-After` up to five minutes.
    ///
    /// ```
    /// # use gusset_breaker::{CircuitBreaker, Config};
    /// let breaker = CircuitBreaker::builder("payments").config(Config::third_party()).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn third_party() -> Self {
        let max_open = Duration::from_secs(300);
        Self::new()
            .time_window(Duration::from_secs(60))
            .minimum_calls(50)
            .open_duration(Duration::from_secs(15))
            .open_backoff(2.0, max_open)
            .honour_retry_after(max_open)
    }
}
