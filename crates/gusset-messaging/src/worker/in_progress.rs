//! The messages in progress, and their settlements.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::Failure;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::instrument::WithSubscriber as _;

use super::SpanFn;
use crate::message_span::MessageSpan;
use crate::metrics::WorkerMetrics;
use crate::{Acknowledge, Delivery, Settlement, TARGET, WorkerReport};

/// How long the broker may take for the last settlements.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long cancelled handlers may take to be dropped.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a message whose call was rejected is kept before it is returned to the queue. It counts as in flight
/// meanwhile, so a policy that rejects slows the worker down, and no message goes round and round.
const REJECTED_DELAY: Duration = Duration::from_secs(1);
/// The number of messages whose rejections are remembered.
const MAX_REJECTED_IDS: usize = 1024;

/// The messages in progress of one worker.
pub(super) struct InProgress<A> {
    destination: &'static str,
    max_deliveries: u32,
    metrics: Option<Arc<WorkerMetrics>>,
    handlers: JoinSet<Decision>,
    messages: HashMap<Id, Unsettled<A>>,
    settling: JoinSet<()>,
    /// How often a policy has rejected each message, by its id. Those deliveries are not failures.
    rejections: HashMap<Cow<'static, str>, u32>,
    report: WorkerReport,
}

/// A message that is not settled.
struct Unsettled<A> {
    acknowledge: A,
    id: Cow<'static, str>,
    count: u32,
    messages: u32,
    span: MessageSpan,
}

/// What the handler decided.
pub(super) enum Decision {
    Settled(Settlement),
    Failed,
    /// An admission policy rejected the call, so the message has not failed.
    Rejected,
}

/// The end of the task of a handler.
type Joined = Result<(Id, Decision), JoinError>;

/// What has ended.
pub(super) enum Ended {
    Handler(Joined),
    /// The broker has confirmed a settlement, or failed to.
    Settlement,
}

// === impl InProgress ===

impl<A: Acknowledge> InProgress<A> {
    pub(super) fn new(
        destination: &'static str,
        max_deliveries: u32,
        metrics: Option<Arc<WorkerMetrics>>,
    ) -> Self {
        Self {
            destination,
            max_deliveries,
            metrics,
            handlers: JoinSet::new(),
            messages: HashMap::new(),
            settling: JoinSet::new(),
            rejections: HashMap::new(),
            report: WorkerReport::default(),
        }
    }

    /// Returns the messages that are not settled, so that a broker that confirms nothing is not given more and more.
    pub(super) fn len(&self) -> usize {
        self.handlers.len() + self.settling.len()
    }

    /// Returns whether a handler is in progress.
    pub(super) fn has_handlers(&self) -> bool {
        !self.handlers.is_empty()
    }

    /// Counts a message that was taken, and starts its handler: unless it was delivered too often.
    pub(super) fn start<M, F, E>(
        &mut self,
        delivery: Delivery<M, A>,
        sender_span: Option<&SpanFn<M>>,
        call: impl FnOnce(M) -> F,
    ) where
        F: Future<Output = Result<Settlement, E>> + Send + 'static,
        E: 'static,
    {
        let Delivery {
            message,
            acknowledge,
            id,
            count,
            messages,
            sent,
        } = delivery;
        if let Some(metrics) = &self.metrics {
            metrics.receive(messages, count > 1, sent);
        }
        let rejections = self.rejections.get(&id).copied().unwrap_or(0);
        let count = count.saturating_sub(rejections);
        let unsettled = Unsettled {
            acknowledge,
            id,
            count,
            messages,
            span: MessageSpan::default(),
        };
        if count > self.max_deliveries {
            if let Some(ids) = sender_span.and_then(|span| span(&message)) {
                unsettled.span.set(ids);
            }
            // It may have ended the process each time, so that no handler has decided.
            self.rejections.remove(&unsettled.id);
            self.settle(unsettled, Settlement::DeadLetter, Duration::ZERO);
            return;
        }
        let handler = call(message);
        let task = self.handlers.spawn(unsettled.span.of_task(async move {
            match handler.await {
                Ok(settlement) => Decision::Settled(settlement),
                Err(error) if Failure::new(&error).rejected().is_some() => Decision::Rejected,
                Err(_) => Decision::Failed,
            }
        }));
        self.messages.insert(task.id(), unsettled);
    }

    /// Waits for the end of a handler or of a settlement. `None` if nothing is in progress.
    pub(super) async fn next_end(&mut self) -> Option<Ended> {
        tokio::select! {
            Some(joined) = self.handlers.join_next_with_id() => Some(Ended::Handler(joined)),
            Some(_) = self.settling.join_next() => Some(Ended::Settlement),
            else => None,
        }
    }

    /// Settles the message of a handler that has ended.
    pub(super) fn finish(&mut self, ended: Ended) {
        if let Ended::Handler(joined) = ended {
            self.finish_handler(joined);
        }
    }

    fn finish_handler(&mut self, joined: Joined) {
        let (id, decision) = match joined {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => return self.return_unfinished(error.id()),
            // A panic.
            Err(error) => (error.id(), Decision::Failed),
        };
        let Some(message) = self.messages.remove(&id) else {
            return;
        };
        let is_last = message.count >= self.max_deliveries;
        let settlement = match decision {
            Decision::Rejected => return self.reject(message),
            Decision::Failed | Decision::Settled(Settlement::Nack) if is_last => {
                Settlement::DeadLetter
            }
            Decision::Failed => Settlement::Nack,
            Decision::Settled(settlement) => settlement,
        };
        // A message that comes again still has the deliveries that do not count.
        if settlement != Settlement::Nack {
            self.rejections.remove(&message.id);
        }
        self.settle(message, settlement, Duration::ZERO);
    }

    /// Returns a message to the queue whose call a policy has rejected: after a while, and without a failure.
    fn reject(&mut self, message: Unsettled<A>) {
        if !message.id.is_empty() {
            let is_known = self.rejections.contains_key(&message.id);
            if !is_known && self.rejections.len() >= MAX_REJECTED_IDS {
                // Most of them have gone to other workers. The others are put aside earlier than they need to be.
                self.rejections.clear();
            }
            *self.rejections.entry(message.id.clone()).or_default() += 1;
        }
        self.settle(message, Settlement::Nack, REJECTED_DELAY);
    }

    /// Cancels what is in progress, returns it to the queue, and waits for the settlements.
    pub(super) async fn end(mut self) -> WorkerReport {
        self.handlers.abort_all();
        let ended = async {
            while let Some(joined) = self.handlers.join_next_with_id().await {
                self.finish_handler(joined);
            }
        };
        // A handler that blocks its thread is not cancelled. Its message is returned to the queue all the same.
        let _ = timeout(CANCEL_TIMEOUT, ended).await;
        let rest: Vec<Id> = self.messages.keys().copied().collect();
        rest.into_iter().for_each(|id| self.return_unfinished(id));
        if !self.report.unfinished.is_empty() {
            tracing::error!(
                target: TARGET,
                {
                    messaging.destination.name = self.destination,
                    gusset.messaging.unfinished = self.report.unfinished.join(", "),
                },
                "shutdown: messages were in progress at the deadline; they were cancelled and returned to the queue"
            );
        }
        let settled = async { while self.settling.join_next().await.is_some() {} };
        if timeout(SETTLE_TIMEOUT, settled).await.is_err() {
            tracing::error!(
                target: TARGET,
                { messaging.destination.name = self.destination },
                "shutdown: the broker did not confirm settlements in time; it will deliver those messages again"
            );
        }
        self.report
    }

    /// Returns a message to the queue that was not finished.
    fn return_unfinished(&mut self, id: Id) {
        if let Some(message) = self.messages.remove(&id) {
            let id = message.id.clone().into_owned();
            self.report.unfinished.push(id);
            self.settle(message, Settlement::Nack, Duration::ZERO);
        }
    }

    /// Settles a message after a delay, during which it counts as in flight.
    fn settle(&mut self, message: Unsettled<A>, settlement: Settlement, delay: Duration) {
        let Unsettled {
            acknowledge,
            id,
            count,
            messages,
            span,
        } = message;
        let destination = self.destination;
        self.report.count(settlement, messages);
        if let Some(metrics) = &self.metrics {
            metrics.settle(settlement, messages);
        }
        if settlement == Settlement::DeadLetter {
            span.in_scope(|| {
                tracing::warn!(
                    target: TARGET,
                    {
                        messaging.destination.name = destination,
                        messaging.message.id = &*id,
                        gusset.messaging.deliveries = count,
                    },
                    "a message was put aside as a dead letter"
                );
            });
        }
        let settle = async move {
            if !delay.is_zero() {
                sleep(delay).await;
            }
            if let Err(error) = acknowledge.settle(settlement).await {
                span.in_scope(|| {
                    tracing::warn!(
                        target: TARGET,
                        {
                            messaging.destination.name = destination,
                            messaging.message.id = &*id,
                            gusset.messaging.settlement = settlement.as_str(),
                            exception.message = %error,
                        },
                        "a message could not be settled; the broker will deliver it again"
                    );
                });
            }
        };
        self.settling.spawn(settle.with_current_subscriber());
    }
}
