//! The loop of a worker.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tower_service::Service;

use super::SpanFn;
use super::in_progress::InProgress;
use crate::metrics::WorkerMetrics;
use crate::{Acknowledge, Settlement, Source, TARGET, WorkerReport};

/// The time between two attempts at a source that fails.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The run of one worker.
pub(super) struct Run<A> {
    max_in_flight: usize,
    in_progress: InProgress<A>,
    pause: Pause,
}

/// Whether messages are left in the queue, because the service was not ready when it was last asked.
struct Pause {
    destination: &'static str,
    metrics: Option<Arc<WorkerMetrics>>,
    is_paused: bool,
}

/// What follows after a step of the loop.
enum Step<T> {
    Received(T),
    /// The source has ended, or the service will never be ready again.
    Ended,
    Failed,
}

// === impl Run ===

impl<A: Acknowledge> Run<A> {
    pub(super) fn new(
        destination: &'static str,
        max_in_flight: usize,
        max_deliveries: u32,
        metrics: Option<Arc<WorkerMetrics>>,
    ) -> Self {
        Self {
            max_in_flight,
            in_progress: InProgress::new(destination, max_deliveries, metrics.clone()),
            pause: Pause {
                destination,
                metrics,
                is_paused: false,
            },
        }
    }

    pub(super) async fn run<S, H>(
        mut self,
        (mut source, sender_span): (S, Option<SpanFn<S::Message>>),
        mut handler: H,
        mut until: Pin<Box<dyn Future<Output = ()> + Send>>,
        shutdown_timeout: Duration,
    ) -> WorkerReport
    where
        S: Source<Acknowledge = A>,
        H: Service<S::Message, Response = Settlement>,
        H::Future: Send + 'static,
        H::Error: 'static,
    {
        let mut retry_at = Instant::now();
        let mut has_ended = false;
        loop {
            let has_room = !has_ended && self.in_progress.len() < self.max_in_flight;
            if has_ended && !self.in_progress.has_handlers() {
                break;
            }
            let pause = &mut self.pause;
            tokio::select! {
                biased;
                () = &mut until => break,
                step = next(&mut source, &mut handler, retry_at, pause), if has_room => match step {
                    Step::Received(delivery) => {
                        let sender_span = sender_span.as_ref();
                        let call = |message| handler.call(message);
                        self.in_progress.start(delivery, sender_span, call);
                    }
                    Step::Ended => has_ended = true,
                    Step::Failed => retry_at = Instant::now() + RETRY_INTERVAL,
                },
                Some(ended) = self.in_progress.next_end() => self.in_progress.finish(ended),
            }
        }
        self.finish_in_progress(shutdown_timeout).await;
        self.in_progress.end().await
    }

    /// Waits for the messages in progress, at most until the deadline.
    async fn finish_in_progress(&mut self, limit: Duration) {
        let mut deadline = std::pin::pin!(sleep(limit));
        while self.in_progress.has_handlers() {
            tokio::select! {
                biased;
                Some(ended) = self.in_progress.next_end() => self.in_progress.finish(ended),
                () = &mut deadline => break,
            }
        }
    }
}

/// Waits until the service is ready, and then for a message. It is dropped and called again whenever a handler ends, so
/// the readiness is that of now.
async fn next<S, H>(
    source: &mut S,
    handler: &mut H,
    retry_at: Instant,
    pause: &mut Pause,
) -> Step<crate::Delivery<S::Message, S::Acknowledge>>
where
    S: Source,
    H: Service<S::Message>,
{
    sleep_until(retry_at).await;
    let ready = poll_fn(|cx| {
        let polled = handler.poll_ready(cx);
        pause.show(polled.is_pending());
        polled
    });
    if ready.await.is_err() {
        tracing::error!(target: TARGET, "the service of the worker has failed: no messages are taken");
        return Step::Ended;
    }
    match source.receive().await {
        None => Step::Ended,
        Some(Ok(delivery)) => Step::Received(delivery),
        Some(Err(error)) => {
            tracing::warn!(
                target: TARGET,
                { exception.message = %error },
                "no message could be received; trying again in a second"
            );
            Step::Failed
        }
    }
}

// === impl Pause ===

impl Pause {
    fn show(&mut self, is_paused: bool) {
        if std::mem::replace(&mut self.is_paused, is_paused) == is_paused {
            return;
        }
        if let Some(metrics) = &self.metrics {
            metrics.pause(is_paused);
        }
        let state = match is_paused {
            true => "the service is not ready: messages are left in the queue",
            false => "the service is ready: messages are taken again",
        };
        tracing::info!(
            target: TARGET,
            { messaging.destination.name = self.destination },
            "{state}"
        );
    }
}
