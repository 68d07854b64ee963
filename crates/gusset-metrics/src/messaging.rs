//! Metrics of message consumers and job handlers.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use gusset_core::{
    CallContext, CallObserver, Classify, End, Observer, ObserverId, RequestResponse,
};
use gusset_data::semconv;
use gusset_http::RequestOptions;

use crate::call_metrics::{Bodies, CallInstruments, CallRecorder, Config, MESSAGING};
use crate::intern::InternedId;
use crate::key::SeriesKey;
use crate::{ConfigError, SharedRecorder};

/// Records the metrics of a consumer of messages of type `M`, by OpenTelemetry's semantic conventions
/// 1.44.
///
/// | metric | unit | value |
/// |---|---|---|
/// | `messaging.process.duration` | s | time from the arrival of a message to the end of its processing |
/// | `gusset.messaging.active_messages` | `{message}` | messages being processed |
/// | `gusset.messaging.outcomes` | `{message}` | processed messages by outcome |
///
/// A failed message has the label `error.type`. The classifier of the [`RequestResponse`] decides which
/// messages failed and with which type, for example to distinguish dead letters.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_metrics::{MessagingMetrics, SharedRecorder};
/// use std::sync::Arc;
///
/// struct Order { queue: &'static str }
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let metrics = MessagingMetrics::consumer(recorder, "rabbitmq")
///     .destination(|order: &Order| Some(order.queue))
///     .build()?;
/// let layer = ObserveLayer::<RequestResponse<Order, ()>, _>::new(metrics);
/// # Ok(())
/// # }
/// ```
pub struct MessagingMetrics<M> {
    instruments: Arc<CallInstruments>,
    destination: Option<DestinationFn<M>>,
}

type DestinationFn<M> = Arc<dyn Fn(&M) -> Option<&str> + Send + Sync>;

/// Configures and builds [`MessagingMetrics`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct MessagingMetricsBuilder<M> {
    config: Config,
    operation: String,
    options: Arc<RequestOptions>,
    destination: Option<DestinationFn<M>>,
    /// The builder holds no message, so it is `Send` whatever `M` is.
    message: PhantomData<fn(M)>,
}

/// The state of one call of [`MessagingMetrics`].
#[derive(Debug)]
pub struct MessagingMetricsCall(CallRecorder);

// === impl MessagingMetrics ===

impl<M> MessagingMetrics<M> {
    /// Returns a builder for the metrics of a consumer.
    ///
    /// `system` is the value of `messaging.system`: `kafka`, `rabbitmq` or a custom name.
    pub fn consumer(
        recorder: SharedRecorder,
        system: impl Into<String>,
    ) -> MessagingMetricsBuilder<M> {
        let mut config = Config::new(recorder);
        config
            .constant_labels
            .push((semconv::MESSAGING_SYSTEM, system.into()));
        MessagingMetricsBuilder {
            config,
            operation: "process".to_owned(),
            options: Arc::default(),
            destination: None,
            message: PhantomData,
        }
    }

    /// Returns how often a function of the user has panicked: for the destination. The call was recorded
    /// without what the function returns, and the first panic was logged.
    pub fn panics(&self) -> u64 {
        self.instruments.panics()
    }
}

impl<M, Res, R> Observer<RequestResponse<M, Res, R>> for MessagingMetrics<M>
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    type Call = MessagingMetricsCall;

    #[inline]
    fn start(&self, message: &M, _: &mut CallContext) -> MessagingMetricsCall {
        let destination = self.destination.as_ref();
        let destination = destination.and_then(|find| self.instruments.contain(|| find(message)));
        let names = &self.instruments.names;
        let key = SeriesKey {
            name: destination.map_or(InternedId::NONE, |name| names.id(name)),
            ..SeriesKey::default()
        };
        MessagingMetricsCall(CallRecorder::start(&self.instruments, key))
    }

    fn id(&self) -> ObserverId {
        self.instruments.observer_id()
    }
}

impl<M> Clone for MessagingMetrics<M> {
    fn clone(&self) -> Self {
        Self {
            instruments: self.instruments.clone(),
            destination: self.destination.clone(),
        }
    }
}

impl<M> fmt::Debug for MessagingMetrics<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagingMetrics")
            .field("instruments", &self.instruments)
            .finish_non_exhaustive()
    }
}

// === impl MessagingMetricsCall ===

impl<M, Res, R> CallObserver<RequestResponse<M, Res, R>> for MessagingMetricsCall
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    #[inline]
    fn enter(&mut self) {
        self.0.enter();
    }

    #[inline]
    fn exit(&mut self) {
        self.0.exit();
    }

    #[inline]
    fn on_end(self, _: End<'_, RequestResponse<M, Res, R>>, cx: &CallContext) {
        // A message has neither headers nor a body.
        self.0.end(&Bodies::default(), None, cx);
    }
}

// === impl MessagingMetricsBuilder ===

impl<M> MessagingMetricsBuilder<M> {
    /// Sets the operation on a message, `messaging.operation.name`. Defaults to `process`.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = name.into();
        self
    }

    /// Sets a function that returns the queue or topic of a message, `messaging.destination.name`.
    ///
    /// The cardinality limit applies. Defaults to no destination.
    pub fn destination<F>(mut self, destination: F) -> Self
    where
        F: Fn(&M) -> Option<&str> + Send + Sync + 'static,
    {
        self.destination = Some(Arc::new(destination));
        self
    }

    /// Sets the options that are shared with the other signals. Of them, a consumer has the registered
    /// [own fields](RequestOptions::with_field).
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }

    /// Sets how many series each metric may have, from 1 to 60,000.
    ///
    /// The messages over the limit share one overflow series. Defaults to 2000.
    pub fn cardinality_limit(mut self, limit: usize) -> Self {
        self.config.cardinality_limit = limit;
        self
    }

    /// Makes the recorder the local recorder while the service is polled.
    ///
    /// Metrics that the service records with `counter!` and the like then go to this recorder, without
    /// a global one. Spawned tasks are not covered. Off by default.
    pub fn with_local_recorder(mut self) -> Self {
        self.config.with_local_recorder = true;
        self
    }

    /// Builds the metrics.
    ///
    /// # Errors
    /// If a setting is invalid. The error names it.
    pub fn build(self) -> Result<MessagingMetrics<M>, ConfigError> {
        let Self {
            mut config,
            operation,
            options,
            destination,
            message: _,
        } = self;
        config
            .constant_labels
            .push((semconv::MESSAGING_OPERATION_NAME, operation));
        Ok(MessagingMetrics {
            instruments: config.build(&MESSAGING, options)?,
            destination,
        })
    }
}

impl<M> fmt::Debug for MessagingMetricsBuilder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagingMetricsBuilder")
            .field("config", &self.config)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
