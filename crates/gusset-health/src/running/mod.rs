//! The background at work, and the end of it.

mod conduct;
mod error;
mod farewell;
mod signals;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use self::error::StartError;
pub use self::farewell::Farewell;
use crate::builder::BEAT;
use crate::core::Core;
use crate::{Health, Phase, check};

/// What is done when all calls have ended.
pub(crate) type Flush = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The background of a [`Health`]: runs as long as this lives.
///
/// ```
/// use gusset_health::{Health, Phase};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::builder().signals(false).drain_delay(std::time::Duration::ZERO).build()?;
/// let running = health.start()?;
/// health.lifecycle().started();
///
/// // A server that stops as it is told; `axum::serve(..).with_graceful_shutdown(..)`, say.
/// let server = running.shutdown_signal();
/// health.lifecycle().drain(); // SIGTERM does that
/// let farewell = running.serve(server).await;
/// assert!(farewell.is_clean());
/// assert_eq!(health.lifecycle().phase(), Phase::Stopped);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "checks, probes and signals stop when this is dropped"]
pub struct Running {
    health: Health,
    /// Ends with this value.
    _tasks: JoinSet<()>,
}

pub(crate) fn start(health: &Health) -> Result<Running, StartError> {
    let core = &health.0;
    let handle = Handle::try_current().map_err(|_| StartError::no_runtime())?;
    if core.main_beat().age().is_some() {
        return Err(StartError::twice());
    }
    core.main_beat().beat();
    core.life.starting();
    let mut tasks = JoinSet::new();
    if core.signals {
        signals::spawn(core, &mut tasks, &handle).map_err(StartError::signals)?;
    }
    for (run, watched, limit, schedule) in &core.runs {
        let (run, watched, schedule) = (run.clone(), watched.clone(), schedule.clone());
        let (clock, changed) = (core.clock.clone(), core.changed.clone());
        let check = check::run(run, watched, *limit, schedule, clock, changed);
        tasks.spawn_on(check, &handle);
    }
    #[cfg(all(feature = "systemd", unix))]
    if core.systemd.is_some() {
        tasks.spawn_on(crate::systemd::Systemd::run(core.clone()), &handle);
    }
    tasks.spawn_on(beat(core.clone()), &handle);
    tasks.spawn_on(publish(core.clone()), &handle);
    tasks.spawn_on(conduct::shutdown(core.clone()), &handle);
    Ok(Running {
        health: health.clone(),
        _tasks: tasks,
    })
}

/// The heartbeat of this runtime.
async fn beat(core: Arc<Core>) {
    loop {
        core.main_beat().beat();
        sleep(BEAT).await;
    }
}

/// Tells metrics and watchers of what changed: at once of a check or of the life cycle, and within a
/// second of what changes by the passing of time.
async fn publish(core: Arc<Core>) {
    loop {
        let state = core.life.state();
        core.publish();
        let moved = core.life.until(|now| *now != state);
        let _ = timeout(BEAT, race(core.changed.notified(), moved)).await;
    }
}

// === impl Running ===

impl Running {
    /// Ready when the listener is to stop: after SIGTERM or Ctrl-C and the drain delay, in which
    /// the service serves on and is not ready. A second signal skips the delay.
    ///
    /// For `axum::serve(..).with_graceful_shutdown(..)`, tonic's `serve_with_shutdown(..)` and whatever
    /// else wants a future; each listener takes one.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        let life = self.health.0.life.clone();
        async move {
            life.until(|state| state.phase >= Phase::Stopping).await;
        }
    }

    /// Ready when the service is told to end, before the drain delay: the time to send the readers of
    /// endless streams elsewhere.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        let life = self.health.0.life.clone();
        async move {
            life.until(|state| state.phase >= Phase::Draining).await;
        }
    }

    /// Runs `server` until it ends after the [`shutdown_signal`](Self::shutdown_signal), and the calls
    /// under way with it, or until their deadline passes; then flushes telemetry, within its own
    /// deadline. Who is still under way by then is named in a log line, and in what is returned.
    pub async fn serve<F: Future>(&self, server: F) -> Farewell<F::Output> {
        let core = &self.health.0;
        let served = async {
            let served = server.await;
            // It may have ended by itself; the deadline holds then as well.
            core.life.advance(Phase::Stopping);
            core.in_flight.idle().await;
            served
        };
        let overdue = core.life.until(|state| state.overdue);
        let mut stragglers = Vec::new();
        let served = {
            let served = pin!(served);
            match race(served, overdue).await {
                Race::First(served) => Some(served),
                Race::Second(_) => {
                    stragglers = core.in_flight.by_route();
                    None
                }
            }
        };
        let lost = stragglers.iter().map(|(_, calls)| calls).sum();
        if lost > 0 {
            let routes = conduct::routes(&stragglers);
            tracing::error!(
                calls = lost,
                routes,
                "calls were still under way at the deadline"
            );
        }
        if let Some(metrics) = &core.metrics {
            metrics.stragglers(lost);
        }
        let flushed = self.flush(core.plan.flush_deadline).await;
        core.life.advance(Phase::Stopped);
        core.publish();
        Farewell::new(served, stragglers, flushed)
    }

    async fn flush(&self, limit: Duration) -> bool {
        let all = async {
            for flush in &self.health.0.flush {
                flush().await;
            }
        };
        let flushed = timeout(limit, all).await.is_ok();
        if !flushed {
            tracing::error!(?limit, "telemetry was not flushed in time");
        }
        flushed
    }
}

/// Which of two was first.
pub(crate) enum Race<A, B> {
    First(A),
    Second(B),
}

/// Ready with the first of two; if both are, with `a`.
pub(crate) async fn race<A: Future, B: Future>(a: A, b: B) -> Race<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| {
        if let Poll::Ready(a) = a.as_mut().poll(cx) {
            return Poll::Ready(Race::First(a));
        }
        b.as_mut().poll(cx).map(Race::Second)
    })
    .await
}
