//! What health shows of its state.

use gusset_data::{ShowState, StateTree};

use crate::Health;

impl ShowState for Health {
    /// Returns the phase, the three answers of the probes, the overall status, heartbeats, checks with their last
    /// results, and the steps of the start.
    ///
    /// Messages of checks are redacted when the result is recorded.
    fn show_state(&self) -> StateTree {
        let state = &*self.0;
        let now = state.clock.now();
        let heartbeats = state.heartbeats.iter().map(|heartbeat| {
            StateTree::fields([
                ("name", heartbeat.name().to_owned().into()),
                ("alive", heartbeat.is_alive().into()),
                ("age", heartbeat.age().map(|age| age.as_secs_f64()).into()),
            ])
        });
        let checks = state.checks().map(|check| {
            let snapshot = check.snapshot(now);
            StateTree::fields([
                ("name", check.name.to_string().into()),
                ("status", snapshot.status.as_str().into()),
                ("message", snapshot.message.into()),
                ("age", snapshot.age.map(|age| age.as_secs_f64()).into()),
                (
                    "duration",
                    snapshot.last_duration.map(|it| it.as_secs_f64()).into(),
                ),
                ("affects_readiness", check.affects_readiness.into()),
            ])
        });
        let steps = state.lifecycle.start_steps().into_iter();
        let steps = steps.map(|step| {
            StateTree::fields([
                ("step", step.name.into_owned().into()),
                ("seconds", step.duration.as_secs_f64().into()),
                ("ended", step.has_ended.into()),
            ])
        });
        let in_flight = u64::try_from(state.in_flight.count()).unwrap_or(u64::MAX);
        StateTree::fields([
            ("phase", state.lifecycle.phase().as_str().into()),
            ("status", self.status().as_str().into()),
            ("live", self.is_live().into()),
            ("ready", self.is_ready().into()),
            ("started", self.is_started().into()),
            ("in_flight", in_flight.into()),
            ("heartbeats", StateTree::list(heartbeats)),
            ("checks", StateTree::list(checks)),
            ("start", StateTree::list(steps)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, LocalDependency};

    #[test]
    fn check_without_a_result_is_unknown() {
        let check = Check::new("index", async || ());
        let health = Health::builder().readiness_check(LocalDependency(check));
        let state = health.build().unwrap().show_state();
        assert_eq!(state.get("phase"), Some(&"starting".into()));
        let text = state.to_string();
        assert!(
            text.contains("name: index\n    status: unknown\n"),
            "{text}"
        );
        assert!(text.contains("age: unknown\n"), "{text}");
    }
}
