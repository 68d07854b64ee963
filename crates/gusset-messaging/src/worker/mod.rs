//! Takes messages, processes them, and settles them.

mod in_progress;
mod run;

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::SpanIds;
use gusset_data::SharedRecorder;
use tower_service::Service;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use self::run::Run;
use crate::metrics::WorkerMetrics;
use crate::{Settlement, Source, WorkerReport};

/// Longer timeouts are cut, so that no point in time is out of the clock's range.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Takes messages from a source, calls a service with each of them, and settles them.
///
/// | setting | default |
/// |---|---|
/// | [`max_in_flight`](Self::max_in_flight) | 16 |
/// | [`max_deliveries`](Self::max_deliveries) | 5 |
/// | [`shutdown_timeout`](Self::shutdown_timeout) | 15 s |
/// | [`until`](Self::until) | never |
/// | [`system`](Self::system) | `_OTHER` |
///
/// Each message is processed in a task of its own. The message of a service that fails or panics is returned to the queue; from the
/// delivery with the number `max_deliveries` on, the message is put aside. One that an admission policy rejects is
/// returned to the queue after a second, in flight until then; this delivery does not count, if the message has an id.
#[must_use = "a worker does nothing until `run`"]
pub struct Worker<S: Source, H> {
    destination: &'static str,
    system: Cow<'static, str>,
    source: S,
    handler: H,
    max_in_flight: usize,
    max_deliveries: u32,
    shutdown_timeout: Duration,
    until: Pin<Box<dyn Future<Output = ()> + Send>>,
    recorder: Option<SharedRecorder>,
    sender_span: Option<SpanFn<S::Message>>,
    dispatch: Option<Dispatch>,
}

/// Returns the span that has sent a message.
type SpanFn<M> = Box<dyn Fn(&M) -> Option<SpanIds> + Send + Sync>;

// === impl Worker ===

impl<S: Source, H> Worker<S, H> {
    /// Creates a worker. The destination is the name of the queue or topic, a label value.
    pub fn new(destination: &'static str, source: S, handler: H) -> Self
    where
        H: Service<S::Message, Response = Settlement>,
    {
        Self {
            destination,
            system: Cow::Borrowed("_OTHER"),
            source,
            handler,
            max_in_flight: 16,
            max_deliveries: 5,
            shutdown_timeout: Duration::from_secs(15),
            until: Box::pin(pending()),
            recorder: None,
            sender_span: None,
            dispatch: None,
        }
    }

    /// Sets how many messages are taken and not settled yet. At least 1. Defaults to 16.
    pub fn max_in_flight(mut self, messages: usize) -> Self {
        self.max_in_flight = messages.max(1);
        self
    }

    /// Sets how often a message is delivered before it is put aside. At least 1. Defaults to 5.
    ///
    /// It counts what the broker counts, also deliveries of a worker that has died.
    pub fn max_deliveries(mut self, deliveries: u32) -> Self {
        self.max_deliveries = deliveries.max(1);
        self
    }

    /// Sets how long messages in progress may take after [`until`](Self::until). Defaults to 15 s: less than the default
    /// of `gusset-health` for a shutdown in Kubernetes, so that the rest can be returned to the queue.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets a future after which no message is taken. Defaults to never.
    pub fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Box::pin(end);
        self
    }

    /// Sets the messaging system, `messaging.system` of the metrics: `nats`, `kafka`. Defaults to `_OTHER`.
    pub fn system(mut self, system: impl Into<Cow<'static, str>>) -> Self {
        self.system = system.into();
        self
    }

    /// Sets the recorder of the metrics. Defaults to none.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets a function that returns the span that has sent a message. Defaults to none.
    ///
    /// A message that was delivered too often is put aside without a call, so it has no span of its own: the log entry
    /// about it has the trace id of this one. Other entries have that of the call, by [`MessageSpans`](crate::MessageSpans).
    pub fn sender_span<F>(mut self, span: F) -> Self
    where
        F: Fn(&S::Message) -> Option<SpanIds> + Send + Sync + 'static,
    {
        self.sender_span = Some(Box::new(span));
        self
    }

    /// Sets the `tracing` subscriber of what the worker logs. Defaults to the one that is current in
    /// [`run`](Self::run).
    pub fn dispatch(mut self, dispatch: Dispatch) -> Self {
        self.dispatch = Some(dispatch);
        self
    }

    /// Runs until the source has ended, or until [`until`](Self::until) and the end of the messages in progress.
    ///
    /// If the future is dropped, the messages in progress are cancelled and not settled. A broker then delivers them
    /// again, after its own timeout.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn run(self) -> WorkerReport
    where
        H: Service<S::Message, Response = Settlement>,
        H::Future: Send + 'static,
        H::Error: 'static,
    {
        let Self {
            destination,
            system,
            source,
            handler,
            max_in_flight,
            max_deliveries,
            shutdown_timeout,
            until,
            recorder,
            sender_span,
            dispatch,
        } = self;
        let metrics =
            recorder.map(|recorder| Arc::new(WorkerMetrics::new(recorder, &system, destination)));
        let run = Run::new(destination, max_in_flight, max_deliveries, metrics);
        let run = run.run((source, sender_span), handler, until, shutdown_timeout);
        match dispatch {
            Some(dispatch) => run.with_subscriber(dispatch).await,
            None => run.await,
        }
    }
}

impl<S: Source, H> fmt::Debug for Worker<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("destination", &self.destination)
            .field("max_in_flight", &self.max_in_flight)
            .finish_non_exhaustive()
    }
}
