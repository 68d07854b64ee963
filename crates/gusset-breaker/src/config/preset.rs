//! Configurations for common cases.

use std::time::Duration;

use super::Config;

// === impl Config ===

impl Config {
    /// For a dependency with little traffic: opens after so many failures in a row, and probes with
    /// one call at a time. Reads no clock while it is closed.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, Config, Vote};
    ///
    /// let breaker = Breaker::builder("mail").config(Config::in_a_row(2)).build()?;
    /// for _ in 0..2 {
    ///     breaker.try_acquire().expect("it is closed").vote(Vote::Failure);
    /// }
    /// assert!(breaker.try_acquire().is_err());
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn in_a_row(failures: u32) -> Self {
        Self::new()
            .without_window()
            .consecutive_failures(failures)
            .half_open_calls(1)
    }

    /// For a service of one's own: opens early (a quarter of at least 20 calls, or 10 failures in a
    /// row), probes soon, after a second.
    ///
    /// ```
    /// # use gusset_breaker::{Breaker, Config};
    /// let breaker = Breaker::builder("stock").config(Config::internal()).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn internal() -> Self {
        Self::new()
            .failure_rate(0.25)
            .consecutive_failures(10)
            .open_for(Duration::from_secs(1))
            .open_backoff(2.0, Duration::from_secs(30))
    }

    /// For somebody else's service: opens at half of at least 50 calls within a minute, leaves it
    /// alone for 15 seconds and up to five minutes, as long as it asks for.
    ///
    /// ```
    /// # use gusset_breaker::{Breaker, Config};
    /// let breaker = Breaker::builder("payments").config(Config::third_party()).build()?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn third_party() -> Self {
        let longest = Duration::from_secs(300);
        Self::new()
            .time_window(Duration::from_secs(60))
            .minimum_calls(50)
            .open_for(Duration::from_secs(15))
            .open_backoff(2.0, longest)
            .honour_retry_after(longest)
    }
}
