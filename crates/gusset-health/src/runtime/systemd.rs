//! The task that notifies systemd.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::Phase;
use crate::state::HealthState;

/// How often the shutdown timeout of systemd is extended, each time by twice this.
const EXTEND_INTERVAL: Duration = Duration::from_secs(5);

/// Notifies systemd of each change of the life cycle, forever. Sends no `WATCHDOG=1` while the service
/// is not live, so that systemd restarts it.
pub(super) async fn run(state: Arc<HealthState>) {
    let Some(systemd) = &state.systemd else {
        return;
    };
    let lifecycle = &state.lifecycle;
    let mut last_reported = None;
    loop {
        let current = lifecycle.state();
        let phase = current.phase;
        let reaches =
            |target| phase >= target && last_reported.is_none_or(|reported| reported < target);
        if reaches(Phase::Ready) {
            systemd.notify("READY=1");
        }
        if reaches(Phase::Draining) {
            systemd.notify("STOPPING=1");
        }
        last_reported = Some(phase);
        let activity = lifecycle.activity();
        let activity = activity.as_deref().unwrap_or(phase.as_str());
        // A newline would begin another variable.
        systemd.notify(&format!("STATUS={}", activity.replace('\n', " ")));
        if (Phase::Draining..Phase::Stopped).contains(&phase) {
            let extension = (2 * EXTEND_INTERVAL).as_micros();
            systemd.notify(&format!("EXTEND_TIMEOUT_USEC={extension}"));
        }
        if systemd.watchdog.is_some() && state.is_live() {
            systemd.notify("WATCHDOG=1");
        }
        // systemd recommends half of the watchdog's timeout.
        let interval = systemd
            .watchdog
            .map_or(EXTEND_INTERVAL, |watchdog| watchdog / 2);
        let changed = lifecycle.wait_for(|state| *state != current);
        let _ = timeout(interval.min(EXTEND_INTERVAL), changed).await;
    }
}
