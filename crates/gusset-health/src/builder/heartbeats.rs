//! Validation of heartbeats.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::check::validate_name;
use crate::heartbeat::HEARTBEAT_INTERVAL;
use crate::{ConfigError, Heartbeat};

/// The name of the main runtime's heartbeat.
pub(super) const MAIN_RUNTIME: &str = "main-runtime";
/// The name of the heartbeat of a start with a deadline.
pub(super) const START: &str = "start";
/// A loop that beats once per second may be a little late.
const MIN_HEARTBEAT_DEADLINE: Duration = Duration::from_secs(3 * HEARTBEAT_INTERVAL.as_secs());

pub(super) fn validate_heartbeats(heartbeats: &[Heartbeat]) -> Result<(), ConfigError> {
    let mut names = BTreeSet::new();
    for heartbeat in heartbeats {
        let name = heartbeat.name();
        let error = |setter: &str, reason| {
            let setting = match name {
                MAIN_RUNTIME => "live_deadline".to_owned(),
                START => "start_deadline".to_owned(),
                _ => format!("heartbeat.{}{setter}", name.escape_default()),
            };
            Err(ConfigError::new(setting, reason))
        };
        if let Err(reason) = validate_name(name) {
            return error("", reason);
        }
        if !names.insert(name) {
            return error("", "duplicate name");
        }
        if heartbeat.deadline() < MIN_HEARTBEAT_DEADLINE {
            return error(
                ".deadline",
                "shorter than 3 s: a short load peak would restart the process",
            );
        }
    }
    Ok(())
}
