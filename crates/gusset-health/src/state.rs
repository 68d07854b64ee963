//! The state of the service: written by background tasks, read by probes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use gusset_core::Clock;
use gusset_http::BearerToken;
use tokio::sync::{Notify, watch};

use crate::check::{Age, CheckTask, DependencyKind, TrackedCheck};
use crate::lifecycle::ShutdownTimeouts;
use crate::metrics::HealthMetrics;
use crate::{Heartbeat, InFlight, Lifecycle, Phase, ResponseFormat, Status};

/// Exports telemetry at the end of a shutdown.
pub(crate) type FlushFn = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

pub(crate) struct HealthState {
    pub(crate) clock: Clock,
    pub(crate) built: Instant,
    pub(crate) lifecycle: Lifecycle,
    /// The heartbeat of the main runtime is the first.
    pub(crate) heartbeats: Vec<Heartbeat>,
    pub(crate) checks: Vec<Arc<TrackedCheck>>,
    pub(crate) tasks: Vec<CheckTask>,
    pub(crate) in_flight: InFlight,
    pub(crate) timeouts: ShutdownTimeouts,
    pub(crate) flush: Vec<FlushFn>,
    pub(crate) metrics: Option<HealthMetrics>,
    pub(crate) token: Option<BearerToken>,
    pub(crate) response_format: ResponseFormat,
    pub(crate) handle_signals: bool,
    pub(crate) start_when_ready: bool,
    #[cfg(all(feature = "systemd", unix))]
    pub(crate) systemd: Option<crate::systemd::SystemdSocket>,
    /// Notified when the status of a check changes.
    pub(crate) check_changed: Arc<Notify>,
    /// Whether the service is ready, for watchers of gRPC.
    pub(crate) ready: watch::Sender<bool>,
}

// === impl HealthState ===

impl HealthState {
    pub(crate) fn main_heartbeat(&self) -> &Heartbeat {
        self.heartbeats
            .first()
            .expect("the builder adds the heartbeat of the main runtime")
    }

    /// Returns the checks that are on.
    pub(crate) fn checks(&self) -> impl Iterator<Item = &Arc<TrackedCheck>> {
        self.checks.iter().filter(|check| check.is_on())
    }

    /// Returns whether no heartbeat is late. A stopped service is live, because its loops have ended.
    pub(crate) fn is_live(&self) -> bool {
        self.heartbeats.iter().all(Heartbeat::is_alive) || self.lifecycle.phase() == Phase::Stopped
    }

    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        let state = self.lifecycle.state();
        state.phase == Phase::Ready
            && !state.manually_unready
            && self.heartbeats.iter().all(Heartbeat::is_alive)
            && self.readiness_checks_pass(now)
    }

    pub(crate) fn is_started(&self) -> bool {
        self.lifecycle.phase() > Phase::Starting
    }

    /// Returns whether all readiness checks are up or degraded. `Unknown` does not pass.
    fn readiness_checks_pass(&self, now: Instant) -> bool {
        if self.checks.is_empty() {
            return true;
        }
        let now = Age::new(self.built, now);
        let mut checks = self.checks().filter(|check| check.affects_readiness);
        checks.all(|check| check.status_at(now).is_available())
    }

    /// Returns the overall status: the worst status that matters.
    pub(crate) fn status(&self, now: Instant) -> Status {
        if !self.is_ready(now) {
            return Status::Down;
        }
        let now = Age::new(self.built, now);
        let mut overall = Status::Up;
        for check in self.checks() {
            match (check.status_at(now), check.dependency) {
                (Status::Up, _) => {}
                (Status::Down, kind) if kind != DependencyKind::Optional => return Status::Down,
                _ => overall = Status::Degraded,
            }
        }
        overall
    }

    /// Updates metrics and watchers. With `start_when_ready`, also completes the start once the
    /// readiness checks pass.
    pub(crate) fn publish(&self) {
        let now = self.clock.now();
        if self.start_when_ready && !self.is_started() && self.readiness_checks_pass(now) {
            self.lifecycle.mark_started();
        }
        let ready = self.is_ready(now);
        self.ready
            .send_if_modified(|current| std::mem::replace(current, ready) != ready);
        if let Some(metrics) = &self.metrics {
            let healthy = self.status(now) != Status::Down;
            metrics.set_state(self.lifecycle.phase(), [ready, self.is_live(), healthy]);
            metrics.set_heartbeat_ages(&self.heartbeats);
        }
        for check in self.checks() {
            check.update_metrics(now);
        }
    }
}
