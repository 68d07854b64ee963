//! What is refused, and why: one rule a field.

use std::time::Duration;

use super::{Config, ConfigError, HalfOpenMax, HalfOpenPolicy, Window};
use crate::machine::{MOST_PROBES, NEVER, Rules, Share};

/// The most calls of a count window, and buckets of a time window.
const LARGEST: u32 = 1 << 16;
/// The longest that any time of a configuration may be: what fits the breaker's word.
const LONGEST: Duration = Duration::from_millis(NEVER - 1);

// === impl Config ===

impl Config {
    /// Checks each field, and gives the rules of the machine.
    pub(crate) fn check(&self) -> Result<Rules, ConfigError> {
        let Self {
            window,
            minimum_calls,
            failure_rate,
            slow_calls,
            slow_at_end,
            slow_cancels_fail,
            consecutive_failures,
            half_open_calls,
            half_open_policy,
            half_open_max,
            half_open_closes_when_over,
            open_for,
            open_backoff,
            open_jitter,
            honour_retry_after,
            auto_half_open,
        } = self;

        check_window(*window)?;
        let failure_share = failure_rate
            .map(|rate| share("failure_rate", rate))
            .transpose()?;
        let slow = slow_calls
            .map(|(after, rate)| Ok((time("slow_calls", after)?, share("slow_calls", rate)?)))
            .transpose()?;
        let of_probes = *half_open_policy == Some(HalfOpenPolicy::Rate);
        if window.is_none() && failure_share.is_some() && !of_probes {
            let why = "there is no window, and probes do not go by rate";
            return Err(ConfigError::new("failure_rate", why));
        }
        if window.is_none() && slow.is_some() {
            return Err(ConfigError::new("slow_calls", "there is no window"));
        }
        if slow.is_none() && *slow_cancels_fail {
            let why = "nothing says what is slow: set `slow_calls`";
            return Err(ConfigError::new("slow_cancels_fail", why));
        }
        if *consecutive_failures == Some(0) {
            return Err(ConfigError::new("consecutive_failures", "is zero"));
        }
        let by_rate = window.is_some() && (failure_share.is_some() || slow.is_some());
        if !by_rate && consecutive_failures.is_none() {
            let why = "nothing would ever open it: set a rate, or consecutive failures";
            return Err(ConfigError::new("failure_rate", why));
        }
        if !(1..=MOST_PROBES).contains(half_open_calls) {
            let why = format!("{half_open_calls} is not from 1 to {MOST_PROBES}");
            return Err(ConfigError::new("half_open_calls", why));
        }
        let strict = match half_open_policy {
            Some(HalfOpenPolicy::AnyFailure) => true,
            Some(HalfOpenPolicy::Rate) if failure_share.is_none() => {
                let why = "by rate, but there is no failure rate";
                return Err(ConfigError::new("half_open_policy", why));
            }
            Some(HalfOpenPolicy::Rate) => false,
            None => *half_open_calls <= 3 || failure_share.is_none(),
        };
        let open_for = millis("open_for", *open_for)?;
        let (multiplier, open_most) = match open_backoff {
            Some((multiplier, most)) => backoff(*multiplier, *most, open_for)?,
            None => (1.0, open_for),
        };
        let half_open_for = match half_open_max {
            HalfOpenMax::AsOpen => open_for,
            HalfOpenMax::Of(limit) => millis("half_open_max", *limit)?,
            HalfOpenMax::Unlimited => NEVER,
        };
        if !(0.0..=1.0).contains(open_jitter) {
            let why = format!("{open_jitter} is not from 0 to 1");
            return Err(ConfigError::new("open_jitter", why));
        }
        let wish_most = match honour_retry_after {
            Some(most) => millis("honour_retry_after", *most)?,
            None => 0,
        };
        if wish_most != 0 && wish_most < open_for {
            let why = "the cap is below `open_for`";
            return Err(ConfigError::new("honour_retry_after", why));
        }

        Ok(Rules {
            minimum: minimum(*minimum_calls, *window)?,
            failure_rate: failure_share,
            slow_rate: slow.map(|(_, share)| share),
            slow_after: slow.map_or(u64::MAX, |(after, _)| nanos(after)),
            consecutive: consecutive_failures.unwrap_or(0),
            probes: *half_open_calls,
            strict,
            half_open_for,
            overdue_closes: *half_open_closes_when_over,
            open_for,
            multiplier,
            open_most,
            wish_most,
            jitter: Share::of(*open_jitter),
            auto: *auto_half_open,
            slow_at_end: *slow_at_end,
            slow_cancels: *slow_cancels_fail,
        })
    }
}

fn check_window(window: Option<Window>) -> Result<(), ConfigError> {
    let sized = |what: &str, number: u32| {
        if (1..=LARGEST).contains(&number) {
            return Ok(());
        }
        let why = format!("{number} {what} is not from 1 to {LARGEST}");
        Err(ConfigError::new("window", why))
    };
    match window {
        None => Ok(()),
        Some(Window::Count(calls)) => sized("calls", calls),
        Some(Window::Time { size, buckets }) => {
            sized("buckets", buckets)?;
            time("window", size)?;
            if nanos(size) / u64::from(buckets) < 1_000_000 {
                let why = format!("{size:?} in {buckets} buckets is less than 1 ms a bucket");
                return Err(ConfigError::new("window", why));
            }
            Ok(())
        }
    }
}

fn minimum(asked: Option<u32>, window: Option<Window>) -> Result<u32, ConfigError> {
    const USUAL: u32 = 20;
    match (asked, window) {
        (Some(0), _) => Err(ConfigError::new("minimum_calls", "is zero")),
        (Some(_), None) => Err(ConfigError::new("minimum_calls", "there is no window")),
        (Some(asked), Some(Window::Count(calls))) if asked > calls => {
            let why =
                format!("{asked} is above the window's {calls} calls, so it is never reached");
            Err(ConfigError::new("minimum_calls", why))
        }
        (Some(asked), _) => Ok(asked),
        (None, Some(Window::Count(calls))) => Ok(USUAL.min(calls)),
        (None, _) => Ok(USUAL),
    }
}

fn backoff(multiplier: f64, most: Duration, open_for: u64) -> Result<(f64, u64), ConfigError> {
    const FIELD: &str = "open_backoff";
    let most = millis(FIELD, most)?;
    if !(1.0..=1e6).contains(&multiplier) {
        let why = format!("a multiplier of {multiplier} is not from 1 to a million");
        return Err(ConfigError::new(FIELD, why));
    }
    if most < open_for {
        return Err(ConfigError::new(FIELD, "its cap is below `open_for`"));
    }
    Ok((multiplier, most))
}

/// A share that can be reached, and not by nothing.
fn share(field: &'static str, fraction: f64) -> Result<Share, ConfigError> {
    let share = Share::of(fraction);
    if fraction > 0.0 && fraction <= 1.0 && share.0 > 0 {
        return Ok(share);
    }
    let why = format!("a rate of {fraction} is not above 0 and at most 1");
    Err(ConfigError::new(field, why))
}

fn time(field: &'static str, duration: Duration) -> Result<Duration, ConfigError> {
    if duration.is_zero() {
        return Err(ConfigError::new(field, "the time is zero"));
    }
    if duration > LONGEST {
        return Err(ConfigError::new(field, "the time is above 34 years"));
    }
    Ok(duration)
}

/// Whole milliseconds, rounded up; one at least.
fn millis(field: &'static str, duration: Duration) -> Result<u64, ConfigError> {
    Ok(nanos(time(field, duration)?).div_ceil(1_000_000))
}

/// Fits: no time is above 34 years.
fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
