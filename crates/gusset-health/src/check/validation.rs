//! Validation of the settings of a check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_data::{Redaction, SharedRecorder};

use super::schedule::Schedule;
use super::status_machine::StatusRules;
use super::{Check, CheckTask, RegisteredCheck, TrackedCheck};
use crate::ConfigError;

/// The longest interval, timeout and other duration of a check.
const MAX_DURATION: Duration = Duration::from_secs(86_400);
const MAX_STALE_AFTER: Duration = Duration::from_secs(7 * 86_400);
const MAX_NAME_BYTES: usize = 60;

// === impl RegisteredCheck ===

impl RegisteredCheck {
    /// Validates the settings and creates the background task.
    pub(crate) fn into_task(
        self,
        affects_readiness: bool,
        recorder: Option<&SharedRecorder>,
        redaction: &Arc<Redaction>,
        built: Instant,
    ) -> Result<CheckTask, ConfigError> {
        let Self { check, dependency } = self;
        let rules = check.status_rules()?;
        let Check {
            name,
            run,
            interval,
            timeout,
            initial_jitter,
            max_interval,
            switch,
            ..
        } = check;
        Ok(CheckTask {
            run,
            timeout,
            schedule: Schedule::new(interval, max_interval, initial_jitter.unwrap_or(interval)),
            check: Arc::new(TrackedCheck::new(
                &name,
                dependency,
                affects_readiness,
                (rules, switch),
                recorder.cloned(),
                built,
            )),
            redaction: redaction.clone(),
        })
    }
}

// === impl Check ===

impl Check {
    /// Validates all settings and returns the rules for the status.
    fn status_rules(&self) -> Result<StatusRules, ConfigError> {
        let Self {
            name: _,
            run: _,
            interval,
            timeout,
            initial_jitter,
            max_interval,
            failure_threshold,
            success_threshold,
            min_status_duration,
            stale_after,
            switch: _,
        } = self;
        let name = format!("checks.{}", self.name.escape_default());
        validate_name(&self.name).map_err(|reason| ConfigError::new(name, reason))?;
        let stale_after = stale_after.unwrap_or(interval.saturating_mul(3));
        let error = |setting: &str, reason: &str| {
            let setting = format!("checks.{}.{setting}", self.name);
            Err(ConfigError::new(setting, reason))
        };
        for (setting, value) in [("interval", interval), ("timeout", timeout)] {
            if value.is_zero() {
                return error(setting, "must not be zero");
            }
        }
        for (setting, value) in [
            ("interval", *interval),
            ("timeout", *timeout),
            ("max_interval", *max_interval),
            ("min_status_duration", *min_status_duration),
            ("initial_jitter", initial_jitter.unwrap_or_default()),
        ] {
            if value > MAX_DURATION {
                return error(setting, "longer than a day");
            }
        }
        // The longest time between two results: jitter, and a run that uses its whole timeout.
        if stale_after < interval.mul_f64(1.1) + *timeout {
            return error(
                "stale_after",
                "shorter than the interval, its jitter and the timeout together: results would \
                 become stale between runs",
            );
        }
        if stale_after > MAX_STALE_AFTER {
            return error("stale_after", "longer than a week");
        }
        for (setting, threshold) in [
            ("failure_threshold", failure_threshold),
            ("success_threshold", success_threshold),
        ] {
            if *threshold == 0 {
                return error(setting, "must not be zero");
            }
        }
        Ok(StatusRules {
            failure_threshold: *failure_threshold,
            success_threshold: *success_threshold,
            min_status_duration: *min_status_duration,
            stale_after,
        })
    }
}

/// Validates the name of a check or a heartbeat, which is a label value.
pub(crate) fn validate_name(name: &str) -> Result<(), &'static str> {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_valid) {
        return Err("a name has 1 to 60 letters, digits, `-`, `_` and `.`");
    }
    Ok(())
}
