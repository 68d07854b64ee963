//! The steps of a shutdown.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::state::HealthState;
use crate::{Phase, TARGET};

/// How often the requests in flight are logged.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// The number of routes in a log entry.
const MAX_ROUTES: usize = 20;

/// Waits for the shutdown to begin and then performs it within its timeouts.
pub(super) async fn run(state: Arc<HealthState>) {
    let (lifecycle, timeouts) = (&state.lifecycle, &state.timeouts);
    lifecycle
        .wait_for(|state| state.phase >= Phase::Draining)
        .await;
    let delay = timeouts.drain_delay;
    tracing::info!(
        target: TARGET,
        {
            gusset.health.timeout = delay.as_secs_f64(),
            gusset.health.in_flight = state.in_flight.count(),
        },
        "shutdown: readiness fails, requests are still served"
    );
    let skip_delay = lifecycle.wait_for(|state| state.forced || state.phase >= Phase::Stopping);
    let _ = timeout(delay, skip_delay).await;

    // Before the listener closes: an idle server may end the process at once, on another thread.
    tracing::info!(
        target: TARGET,
        { gusset.health.in_flight = state.in_flight.count() },
        "shutdown: closing the listener"
    );
    lifecycle.advance_to(Phase::Stopping);
    let deadline = Instant::now() + timeouts.in_flight_deadline;
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let done = lifecycle.wait_for(|state| state.forced || state.phase == Phase::Stopped);
        let is_done = timeout(remaining.min(REPORT_INTERVAL), done).await.is_ok();
        if is_done || Instant::now() >= deadline {
            break;
        }
        let in_flight = state.in_flight.by_route();
        if !in_flight.is_empty() {
            tracing::info!(
                target: TARGET,
                { gusset.health.routes = format_routes(&in_flight) },
                "shutdown: waiting for requests in flight"
            );
        }
    }
    lifecycle.mark_deadline_passed();
}

/// Formats counts by route: `/report: 2, (no route): 1`. Omits routes over [`MAX_ROUTES`].
pub(super) fn format_routes(counts: &[(String, usize)]) -> String {
    let mut text = counts
        .iter()
        .take(MAX_ROUTES)
        .map(|(route, count)| format!("{route}: {count}"))
        .collect::<Vec<_>>()
        .join(", ");
    if counts.len() > MAX_ROUTES {
        text += &format!(", and {} more routes", counts.len() - MAX_ROUTES);
    }
    text
}
