//! A watcher: hears of each change, until the listener closes.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::timeout;

use super::GrpcHealth;
use super::message::Serving;
use crate::Phase;
use crate::running::race;

/// What changes by the passing of time alone is seen within this.
const LOOK: Duration = Duration::from_secs(1);

pub(super) enum Step {
    Is(Serving),
    Over,
}

pub(super) struct Watch {
    grpc: GrpcHealth,
    service: String,
    said: Option<Serving>,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

// === impl Watch ===

impl Watch {
    pub(super) fn new(grpc: GrpcHealth, service: String) -> Self {
        Self {
            grpc,
            service,
            said: None,
            waiting: None,
        }
    }

    /// Ready with the next that is to be said.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            let life = self.grpc.health.lifecycle().clone();
            let state = life.state();
            let serving = self.grpc.serving(&self.service);
            if self.said != Some(serving) {
                self.said = Some(serving);
                return Poll::Ready(Step::Is(serving));
            }
            if state.phase >= Phase::Stopping {
                return Poll::Ready(Step::Over);
            }
            let mut changes = self.grpc.health.0.serving.subscribe();
            self.waiting = Some(Box::pin(async move {
                let moved = life.until(|now| *now != state);
                let _ = timeout(LOOK, race(changes.changed(), moved)).await;
            }));
        }
    }
}
