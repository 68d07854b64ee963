//! What is known of the service, in one place: written in the background, read by probes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_core::Clock;
use tokio::sync::{Notify, watch};

use crate::check::{Role, Run, Schedule, Watched};
use crate::lifecycle::Plan;
use crate::metrics::HealthMetrics;
use crate::probe::Secret;
use crate::running::Flush;
use crate::{Format, Heartbeat, InFlight, Lifecycle, Phase, Status};

pub(crate) struct Core {
    pub(crate) clock: Clock,
    pub(crate) life: Lifecycle,
    /// That of the main runtime first.
    pub(crate) beats: Vec<Heartbeat>,
    pub(crate) checks: Vec<Arc<Watched>>,
    pub(crate) runs: Vec<(Run, Arc<Watched>, Duration, Schedule)>,
    pub(crate) in_flight: InFlight,
    pub(crate) plan: Plan,
    pub(crate) flush: Vec<Flush>,
    pub(crate) metrics: Option<HealthMetrics>,
    pub(crate) secret: Option<Secret>,
    pub(crate) format: Format,
    pub(crate) signals: bool,
    pub(crate) start_by_checks: bool,
    #[cfg(all(feature = "systemd", unix))]
    pub(crate) systemd: Option<crate::systemd::Systemd>,
    /// A check changed.
    pub(crate) changed: Arc<Notify>,
    /// What is answered to gRPC's watchers.
    pub(crate) serving: watch::Sender<bool>,
}

// === impl Core ===

impl Core {
    pub(crate) fn main_beat(&self) -> &Heartbeat {
        self.beats.first().expect("building puts it there")
    }

    /// Whether the process is of use. Once it has stopped, nothing is left to be stuck.
    pub(crate) fn is_live(&self) -> bool {
        self.beats.iter().all(Heartbeat::is_alive) || self.life.phase() == Phase::Stopped
    }

    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        let state = self.life.state();
        state.phase == Phase::Ready
            && !state.held
            && self.beats.iter().all(Heartbeat::is_alive)
            && self.gates_open(now)
    }

    pub(crate) fn is_started(&self) -> bool {
        self.life.phase() > Phase::Starting
    }

    /// Whether all that decides on readiness works. What is unknown does not.
    pub(crate) fn gates_open(&self, now: Instant) -> bool {
        let mut gates = self.checks.iter().filter(|check| check.gates);
        gates.all(|gate| gate.status(now).works())
    }

    /// The whole, by the worst that matters.
    pub(crate) fn status(&self, now: Instant) -> Status {
        if !self.is_ready(now) {
            return Status::Down;
        }
        let mut whole = Status::Up;
        for check in &self.checks {
            match (check.status(now), check.role) {
                (Status::Up, _) => {}
                (Status::Down, role) if role != Role::Optional => return Status::Down,
                _ => whole = Status::Degraded,
            }
        }
        whole
    }

    /// Tells metrics and watchers; starts the service if that is left to the checks.
    pub(crate) fn publish(&self) {
        let now = self.clock.now();
        if self.start_by_checks && !self.is_started() && self.gates_open(now) {
            self.life.started();
        }
        let ready = self.is_ready(now);
        self.serving
            .send_if_modified(|serving| std::mem::replace(serving, ready) != ready);
        if let Some(metrics) = &self.metrics {
            let healthy = self.status(now) != Status::Down;
            metrics.publish(self.life.phase(), [ready, self.is_live(), healthy]);
            metrics.heartbeats(&self.beats);
        }
        for check in &self.checks {
            check.publish(now);
        }
    }
}
