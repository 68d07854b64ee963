//! The checks of a configuration.

use std::time::Duration;

use super::{Config, ConfigError, HalfOpenPolicy, MaxHalfOpen, Window};
use crate::machine::{MAX_PROBES, NEVER, Ratio, Rules};

/// The most calls of a count window, and buckets of a time window.
const MAX_WINDOW_SIZE: u32 = 1 << 16;
/// The longest duration: the deadline of the packed state has 40 bits of milliseconds.
const MAX_DURATION: Duration = Duration::from_millis(NEVER - 1);
const DEFAULT_MINIMUM_CALLS: u32 = 20;

// === impl Config ===

impl Config {
    /// Checks each setting, and returns the rules of the state machine.
    pub(crate) fn check(&self) -> Result<Rules, ConfigError> {
        let Self {
            window,
            minimum_calls,
            failure_rate_threshold,
            slow_calls,
            slow_includes_body,
            slow_cancelled_is_failure,
            consecutive_failures,
            half_open_calls,
            half_open_policy,
            max_half_open,
            close_on_half_open_timeout,
            open_duration,
            open_backoff,
            open_jitter,
            honour_retry_after,
            auto_half_open,
        } = self;

        check_window(*window)?;
        let failure_rate = failure_rate_threshold
            .map(|threshold| ratio("failure_rate_threshold", threshold))
            .transpose()?;
        let slow = slow_calls
            .map(|(threshold, rate)| {
                Ok((
                    check_duration("slow_calls", threshold)?,
                    ratio("slow_calls", rate)?,
                ))
            })
            .transpose()?;
        let half_open_by_rate = *half_open_policy == Some(HalfOpenPolicy::Rate);
        if window.is_none() && failure_rate.is_some() && !half_open_by_rate {
            let reason = "requires a window or `HalfOpenPolicy::Rate`";
            return Err(ConfigError::new("failure_rate_threshold", reason));
        }
        if window.is_none() && slow.is_some() {
            return Err(ConfigError::new("slow_calls", "requires a window"));
        }
        if slow.is_none() && *slow_cancelled_is_failure {
            let reason = "requires `slow_calls`";
            return Err(ConfigError::new("slow_cancelled_is_failure", reason));
        }
        if *consecutive_failures == Some(0) {
            return Err(ConfigError::new("consecutive_failures", "must not be zero"));
        }
        let by_rate = window.is_some() && (failure_rate.is_some() || slow.is_some());
        if !by_rate && consecutive_failures.is_none() {
            let reason =
                "the breaker would never open: set this, `slow_calls` or `consecutive_failures`";
            return Err(ConfigError::new("failure_rate_threshold", reason));
        }
        if !(1..=MAX_PROBES).contains(half_open_calls) {
            let reason = format!("{half_open_calls} is not from 1 to {MAX_PROBES}");
            return Err(ConfigError::new("half_open_calls", reason));
        }
        let any_failure_opens = match half_open_policy {
            Some(HalfOpenPolicy::AnyFailure) => true,
            Some(HalfOpenPolicy::Rate) if failure_rate.is_none() => {
                let reason = "`HalfOpenPolicy::Rate` requires `failure_rate_threshold`";
                return Err(ConfigError::new("half_open_policy", reason));
            }
            Some(HalfOpenPolicy::Rate) => false,
            None => *half_open_calls <= 3 || failure_rate.is_none(),
        };
        let open_duration = millis("open_duration", *open_duration)?;
        let (multiplier, max_open) = match open_backoff {
            Some((multiplier, max)) => check_backoff(*multiplier, *max, open_duration)?,
            None => (1.0, open_duration),
        };
        let max_half_open = match max_half_open {
            MaxHalfOpen::OpenDuration => open_duration,
            MaxHalfOpen::Limit(limit) => millis("max_half_open", *limit)?,
            MaxHalfOpen::Unlimited => NEVER,
        };
        if !(0.0..=1.0).contains(open_jitter) {
            let reason = format!("{open_jitter} is not from 0 to 1");
            return Err(ConfigError::new("open_jitter", reason));
        }
        let max_retry_after = match honour_retry_after {
            Some(max) => millis("honour_retry_after", *max)?,
            None => 0,
        };
        if max_retry_after != 0 && max_retry_after < open_duration {
            let reason = "the maximum is below `open_duration`";
            return Err(ConfigError::new("honour_retry_after", reason));
        }

        Ok(Rules {
            minimum_calls: check_minimum_calls(*minimum_calls, *window)?,
            failure_rate,
            slow_rate: slow.map(|(_, rate)| rate),
            slow_threshold: slow.map_or(u64::MAX, |(threshold, _)| nanos(threshold)),
            consecutive_failures: consecutive_failures.unwrap_or(0),
            half_open_calls: *half_open_calls,
            any_failure_opens,
            max_half_open,
            close_on_timeout: *close_on_half_open_timeout,
            open_duration,
            multiplier,
            max_open,
            max_retry_after,
            jitter: Ratio::from_f64(*open_jitter),
            auto_half_open: *auto_half_open,
            slow_includes_body: *slow_includes_body,
            slow_cancelled_is_failure: *slow_cancelled_is_failure,
        })
    }
}

fn check_window(window: Option<Window>) -> Result<(), ConfigError> {
    let check_size = |what: &str, size: u32| {
        if (1..=MAX_WINDOW_SIZE).contains(&size) {
            return Ok(());
        }
        let reason = format!("{size} {what} is not from 1 to {MAX_WINDOW_SIZE}");
        Err(ConfigError::new("window", reason))
    };
    match window {
        None => Ok(()),
        Some(Window::Count(calls)) => check_size("calls", calls),
        Some(Window::Time { size, buckets }) => {
            check_size("buckets", buckets)?;
            check_duration("window", size)?;
            if nanos(size) / u64::from(buckets) < 1_000_000 {
                let reason = format!("{size:?} in {buckets} buckets is below 1 ms per bucket");
                return Err(ConfigError::new("window", reason));
            }
            Ok(())
        }
    }
}

fn check_minimum_calls(minimum: Option<u32>, window: Option<Window>) -> Result<u32, ConfigError> {
    let error = |reason: String| Err(ConfigError::new("minimum_calls", reason));
    match (minimum, window) {
        (Some(0), _) => error("must not be zero".into()),
        (Some(_), None) => error("requires a window".into()),
        (Some(minimum), Some(Window::Count(calls))) if minimum > calls => error(format!(
            "{minimum} is never reached by a window of {calls} calls"
        )),
        (Some(minimum), _) => Ok(minimum),
        (None, Some(Window::Count(calls))) => Ok(DEFAULT_MINIMUM_CALLS.min(calls)),
        (None, _) => Ok(DEFAULT_MINIMUM_CALLS),
    }
}

fn check_backoff(
    multiplier: f64,
    max: Duration,
    open_duration: u64,
) -> Result<(f64, u64), ConfigError> {
    const SETTING: &str = "open_backoff";
    let max = millis(SETTING, max)?;
    if !(1.0..=1e6).contains(&multiplier) {
        let reason = format!("the multiplier {multiplier} is not from 1 to 1000000");
        return Err(ConfigError::new(SETTING, reason));
    }
    if max < open_duration {
        let reason = "the maximum is below `open_duration`";
        return Err(ConfigError::new(SETTING, reason));
    }
    Ok((multiplier, max))
}

/// Rejects ratios that are reached without any call, or never.
fn ratio(setting: &'static str, value: f64) -> Result<Ratio, ConfigError> {
    let ratio = Ratio::from_f64(value);
    if value > 0.0 && value <= 1.0 && ratio.0 > 0 {
        return Ok(ratio);
    }
    let reason = format!("the ratio {value} is not above 0 and at most 1");
    Err(ConfigError::new(setting, reason))
}

fn check_duration(setting: &'static str, duration: Duration) -> Result<Duration, ConfigError> {
    if duration.is_zero() {
        return Err(ConfigError::new(setting, "the duration must not be zero"));
    }
    if duration > MAX_DURATION {
        return Err(ConfigError::new(setting, "the duration is above 34 years"));
    }
    Ok(duration)
}

/// Returns whole milliseconds, rounded up, so at least 1.
fn millis(setting: &'static str, duration: Duration) -> Result<u64, ConfigError> {
    Ok(nanos(check_duration(setting, duration)?).div_ceil(1_000_000))
}

/// Returns nanoseconds. The duration is at most [`MAX_DURATION`], so a `u64` holds them.
fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
