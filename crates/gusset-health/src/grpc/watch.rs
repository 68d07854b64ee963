//! The stream of a `Watch` call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::sleep;

use super::message::ServingStatus;
use super::services::Services;
use crate::Phase;

/// How often the status is computed without an event: results become stale and heartbeats late
/// silently.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) enum WatchEvent {
    Status(ServingStatus),
    /// The listener closes.
    End,
}

/// Yields the status of a service, and each change of it, until the listener closes.
pub(super) struct WatchStream {
    services: Services,
    service: String,
    last_reported: Option<ServingStatus>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

// === impl WatchStream ===

impl WatchStream {
    pub(super) fn new(services: Services, service: String) -> Self {
        Self {
            services,
            service,
            last_reported: None,
            waiting: None,
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<WatchEvent> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            let lifecycle = self.services.state.lifecycle.clone();
            let current = lifecycle.state();
            let status = self.services.status(&self.service);
            if self.last_reported != Some(status) {
                self.last_reported = Some(status);
                return Poll::Ready(WatchEvent::Status(status));
            }
            if current.phase >= Phase::Stopping {
                return Poll::Ready(WatchEvent::End);
            }
            let mut ready = self.services.state.ready.subscribe();
            self.waiting = Some(Box::pin(async move {
                tokio::select! {
                    biased;
                    _ = ready.changed() => {}
                    _ = lifecycle.wait_for(|state| *state != current) => {}
                    () = sleep(POLL_INTERVAL) => {}
                }
            }));
        }
    }
}
