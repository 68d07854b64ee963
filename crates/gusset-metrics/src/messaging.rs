//! What is measured of messages: a queue's consumer, a handler of jobs.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, Classify, End, Observer, RequestResponse};
use gusset_http::KnownMethods;

use crate::intern::NameId;
use crate::key::SeriesKey;
use crate::meter::{Config, MESSAGE, Meter, Metered};
use crate::{ConfigError, SharedRecorder, names};

/// The metrics of a consumer of messages of type `M`, by OpenTelemetry's semantic conventions 1.44:
/// an observer of [`RequestResponse`] services.
///
/// | metric | unit | what |
/// |---|---|---|
/// | `messaging.process.duration` | s | from the message's arrival to the end of its processing |
/// | `gusset.messaging.active_messages` | `{message}` | being processed |
/// | `gusset.messaging.outcomes` | `{message}` | what became of messages, and at which stage |
///
/// A message that failed bears `error.type`; what counts as failed, and as what, the rules of the
/// [`RequestResponse`] say: that is the place to tell dead letters apart.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_metrics::{MessageMetrics, SharedRecorder};
/// use std::sync::Arc;
///
/// struct Order { queue: &'static str }
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let metrics = MessageMetrics::consumer(recorder, "rabbitmq")
///     .destination(|order: &Order| Some(order.queue))
///     .build()?;
/// let layer = ObserveLayer::<RequestResponse<Order, ()>, _>::new(metrics);
/// # Ok(())
/// # }
/// ```
pub struct MessageMetrics<M> {
    meter: Arc<Meter>,
    destination: Option<DestinationFn<M>>,
}

type DestinationFn<M> = Arc<dyn Fn(&M) -> Option<&str> + Send + Sync>;

/// Configures [`MessageMetrics`]. What is not set is by convention.
#[must_use = "a builder measures nothing"]
pub struct MessageMetricsBuilder<M> {
    config: Config,
    operation: String,
    destination: Option<DestinationFn<M>>,
    message: PhantomData<fn(M)>,
}

/// The state of one call of [`MessageMetrics`].
#[derive(Debug)]
pub struct MessageMetricsCall(Metered);

// === impl MessageMetrics ===

impl<M> MessageMetrics<M> {
    /// Metrics of a consumer, recorded there, to be configured. `system` is the broker's name
    /// (`messaging.system`): `kafka`, `rabbitmq`, one's own.
    pub fn consumer(
        recorder: SharedRecorder,
        system: impl Into<String>,
    ) -> MessageMetricsBuilder<M> {
        let mut config = Config::new(recorder);
        config.fixed.push((names::MESSAGING_SYSTEM, system.into()));
        MessageMetricsBuilder {
            config,
            operation: "process".to_owned(),
            destination: None,
            message: PhantomData,
        }
    }
}

impl<M, Res, R> Observer<RequestResponse<M, Res, R>> for MessageMetrics<M>
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    /// `None` for the inner one of two layers that count the same.
    type Call = Option<MessageMetricsCall>;

    #[inline]
    fn start(&self, message: &M, _: &mut CallContext) -> Self::Call {
        let key = || {
            let destination = self.destination.as_ref().and_then(|of| of(message));
            SeriesKey {
                name: destination.map_or(NameId::NONE, |name| self.meter.names.id(name)),
                ..SeriesKey::default()
            }
        };
        Metered::start(&self.meter, key).map(MessageMetricsCall)
    }
}

impl<M> Clone for MessageMetrics<M> {
    fn clone(&self) -> Self {
        Self {
            meter: self.meter.clone(),
            destination: self.destination.clone(),
        }
    }
}

impl<M> fmt::Debug for MessageMetrics<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageMetrics")
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}

// === impl MessageMetricsCall ===

impl<M, Res, R> CallObserver<RequestResponse<M, Res, R>> for MessageMetricsCall
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        self.0.scope(poll)
    }

    #[inline]
    fn on_end(self, end: End<'_, RequestResponse<M, Res, R>>, cx: &CallContext) {
        self.0.end(&end, cx);
    }
}

// === impl MessageMetricsBuilder ===

impl<M> MessageMetricsBuilder<M> {
    /// What is done with a message (`messaging.operation.name`): `process` unless set.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = name.into();
        self
    }

    /// Names the queue or topic that a message came from (`messaging.destination.name`). The limit
    /// on series holds, however many there are.
    pub fn destination<F>(mut self, destination: F) -> Self
    where
        F: Fn(&M) -> Option<&str> + Send + Sync + 'static,
    {
        self.destination = Some(Arc::new(destination));
        self
    }

    /// How many series a metric may have: 2000 unless set, from 1 to 60,000. The messages of all
    /// others share one overflow series.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.config.series_limit = limit;
        self
    }

    /// Makes this recorder the current one while the service is polled, so that its own `counter!`
    /// lands here and no global recorder is needed. Not in tasks that it spawns.
    pub fn scope_recorder(mut self) -> Self {
        self.config.scope_recorder = true;
        self
    }

    /// Puts the metrics together.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn build(self) -> Result<MessageMetrics<M>, ConfigError> {
        let Self {
            mut config,
            operation,
            destination,
            message: _,
        } = self;
        config.fixed.push((names::MESSAGING_OPERATION, operation));
        let meter = config.build(&MESSAGE, KnownMethods::default())?;
        Ok(MessageMetrics { meter, destination })
    }
}

impl<M> fmt::Debug for MessageMetricsBuilder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageMetricsBuilder")
            .field("config", &self.config)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
