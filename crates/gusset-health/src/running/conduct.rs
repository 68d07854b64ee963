//! The shutdown, step by step.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::Phase;
use crate::core::Core;

/// How often the calls under way are named.
const TELL: Duration = Duration::from_secs(5);

/// Waits for the word, then takes the service down within its plan.
pub(super) async fn shutdown(core: Arc<Core>) {
    let (life, plan) = (&core.life, &core.plan);
    life.until(|state| state.phase >= Phase::Draining).await;
    let delay = plan.drain_delay;
    tracing::info!(
        ?delay,
        in_flight = core.in_flight.count(),
        "shutting down: not ready any more"
    );
    let cut = life.until(|state| state.hurry || state.phase >= Phase::Stopping);
    let _ = timeout(delay, cut).await;

    life.advance(Phase::Stopping);
    tracing::info!(
        in_flight = core.in_flight.count(),
        "shutting down: the listener closes"
    );
    let deadline = Instant::now() + plan.in_flight_deadline;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = life.until(|state| state.hurry || state.phase == Phase::Stopped);
        let ended = timeout(left.min(TELL), ended).await.is_ok();
        if ended || Instant::now() >= deadline {
            break;
        }
        let under_way = core.in_flight.by_route();
        if !under_way.is_empty() {
            tracing::info!(
                routes = routes(&under_way),
                "shutting down: calls are under way"
            );
        }
    }
    life.overdue();
}

/// `/report: 2, (no route): 1`, as far as there is room in a line.
pub(super) fn routes(counts: &[(String, usize)]) -> String {
    const ROOM: usize = 20;
    let named = counts.iter().take(ROOM);
    let mut line = named
        .map(|(route, calls)| format!("{route}: {calls}"))
        .collect::<Vec<_>>()
        .join(", ");
    if counts.len() > ROOM {
        line += &format!(", and {} routes more", counts.len() - ROOM);
    }
    line
}
