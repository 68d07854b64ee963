//! The background tasks and the shutdown.

mod error;
mod report;
mod shutdown;
mod signals;
#[cfg(all(feature = "systemd", unix))]
mod systemd;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use self::error::StartError;
pub use self::report::ShutdownReport;
use crate::contained::Contained;
use crate::heartbeat::HEARTBEAT_INTERVAL;
use crate::state::HealthState;
use crate::{Phase, TARGET};

/// The background tasks of a [`Health`](crate::Health), and the shutdown. The tasks stop on drop.
///
/// ```
/// use gusset_health::{Health, Phase};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::builder()
///     .handle_signals(false)
///     .drain_delay(std::time::Duration::ZERO)
///     .build()?;
/// let runtime = health.start()?;
/// health.lifecycle().mark_started();
///
/// // A server that stops at the signal, such as `axum::serve(..).with_graceful_shutdown(..)`.
/// let server = runtime.shutdown_signal();
/// health.lifecycle().begin_shutdown(); // SIGTERM does this.
/// let report = runtime.serve(server).await;
/// assert!(report.is_clean());
/// assert_eq!(health.lifecycle().phase(), Phase::Stopped);
/// # Ok(())
/// # }
/// ```
#[must_use = "checks and signal handling stop when this is dropped"]
pub struct HealthRuntime {
    state: Arc<HealthState>,
    /// Aborts the tasks on drop.
    _tasks: JoinSet<()>,
}

/// Starts the background tasks on the current runtime.
pub(crate) fn start(state: &Arc<HealthState>) -> Result<HealthRuntime, StartError> {
    let handle = Handle::try_current().map_err(|_| StartError::no_runtime())?;
    if state.main_heartbeat().age().is_some() {
        return Err(StartError::already_started());
    }
    state.main_heartbeat().beat();
    state.lifecycle.extend_start();
    let mut tasks = JoinSet::new();
    if state.handle_signals {
        let spawned = signals::spawn(state.lifecycle.clone(), &mut tasks, &handle);
        spawned.map_err(StartError::signals)?;
    }
    for task in &state.tasks {
        let (clock, changed) = (state.clock.clone(), state.check_changed.clone());
        tasks.spawn_on(task.clone().run(clock, changed), &handle);
    }
    #[cfg(all(feature = "systemd", unix))]
    if state.systemd.is_some() {
        tasks.spawn_on(systemd::run(state.clone()), &handle);
    }
    tasks.spawn_on(beat(state.clone()), &handle);
    tasks.spawn_on(publish(state.clone()), &handle);
    tasks.spawn_on(shutdown::run(state.clone()), &handle);
    Ok(HealthRuntime {
        state: state.clone(),
        _tasks: tasks,
    })
}

/// Beats the heartbeat of this runtime.
async fn beat(state: Arc<HealthState>) {
    loop {
        state.main_heartbeat().beat();
        sleep(HEARTBEAT_INTERVAL).await;
    }
}

/// Updates metrics and watchers: after each change of a check or the life cycle, and every second,
/// because results become stale and heartbeats late without an event.
async fn publish(state: Arc<HealthState>) {
    loop {
        let current = state.lifecycle.state();
        state.publish();
        tokio::select! {
            biased;
            () = state.check_changed.notified() => {}
            _ = state.lifecycle.wait_for(|state| *state != current) => {}
            () = sleep(HEARTBEAT_INTERVAL) => {}
        }
    }
}

// === impl HealthRuntime ===

impl HealthRuntime {
    /// Returns a future that completes when the listener should close: after SIGTERM or Ctrl-C and the
    /// drain delay. A second signal skips the delay.
    ///
    /// Pass it to `axum::serve(..).with_graceful_shutdown(..)` or tonic's `serve_with_shutdown(..)`.
    /// Each listener needs its own future.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        self.state.lifecycle.clone().reach(Phase::Stopping)
    }

    /// Returns a future that completes when the shutdown begins, before the drain delay. Handlers use
    /// [`Lifecycle::draining`](crate::Lifecycle::draining) to end endless response streams.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        self.state.lifecycle.draining()
    }

    /// Runs a server until it stops after the [`shutdown_signal`](Self::shutdown_signal) and all
    /// requests have finished, or until the deadline. Then flushes telemetry, within its own deadline.
    ///
    /// Logs the routes of requests that are still in flight at the deadline, and returns them.
    pub async fn serve<F: Future>(&self, server: F) -> ShutdownReport<F::Output> {
        let state = &*self.state;
        let served = async {
            let output = server.await;
            // The server may stop without a shutdown. The deadline applies in that case too.
            state.lifecycle.advance_to(Phase::Stopping);
            state.in_flight.wait_idle().await;
            output
        };
        let (server_output, unfinished) = {
            let mut served = pin!(served);
            tokio::select! {
                biased;
                output = &mut served => (Some(output), Vec::new()),
                _ = state.lifecycle.wait_for(|state| state.deadline_passed) => {
                    // Before the server is dropped, because that ends its requests.
                    (None, state.in_flight.by_route())
                }
            }
        };
        let total = unfinished.iter().map(|(_, requests)| requests).sum();
        if total > 0 {
            let routes = shutdown::format_routes(&unfinished);
            tracing::error!(
                target: TARGET,
                { gusset.health.in_flight = total, gusset.health.routes = routes },
                "shutdown: requests were still in flight at the deadline"
            );
        }
        if let Some(metrics) = &state.metrics {
            metrics.add_unfinished_requests(total);
        }
        let flushed = self.flush(state.timeouts.flush_deadline).await;
        state.lifecycle.advance_to(Phase::Stopped);
        state.publish();
        ShutdownReport::new(server_output, unfinished, flushed)
    }

    async fn flush(&self, limit: Duration) -> bool {
        let mut panicked = 0;
        let all = async {
            // The others flush all the same if one panics.
            for flush in &self.state.flush {
                if Contained::new(flush).await.is_none() {
                    panicked += 1;
                }
            }
        };
        let in_time = timeout(limit, all).await.is_ok();
        if panicked > 0 {
            tracing::error!(
                target: TARGET,
                { gusset.health.panicked = panicked },
                "shutdown: functions that flush telemetry panicked: what they had to export may be lost"
            );
        }
        if !in_time {
            tracing::error!(
                target: TARGET,
                { gusset.health.timeout = limit.as_secs_f64() },
                "shutdown: telemetry was not flushed before its deadline"
            );
        }
        in_time && panicked == 0
    }
}

impl fmt::Debug for HealthRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRuntime")
            .field("lifecycle", &self.state.lifecycle)
            .finish_non_exhaustive()
    }
}
