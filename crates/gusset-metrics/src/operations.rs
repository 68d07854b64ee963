//! Metrics of operations: plain code, databases, and the sending of messages.

use std::fmt;
use std::sync::Arc;

use gusset_core::operation::{Operation, OperationKind, Operations};
use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId};
use gusset_http::RequestOptions;

use crate::call_metrics::{
    Bodies, CallInstruments, CallRecorder, Config, DATABASE, OPERATION, SEND,
};
use crate::intern::InternedId;
use crate::key::SeriesKey;
use crate::{ConfigError, SharedRecorder};

/// Records the metrics of operations. Those of databases and queues are OpenTelemetry's (semantic conventions 1.44).
///
/// | metric | unit | value |
/// |---|---|---|
/// | `gusset.operation.duration` | s | time from the start of an operation of the service to its end |
/// | `db.client.operation.duration` | s | the same, of a database operation |
/// | `messaging.client.operation.duration` | s | the same, of the sending of messages |
/// | `messaging.client.sent.messages` | `{message}` | messages that were sent, or that failed, with `error.type` |
///
/// Each kind also has the operations in progress, and those that have ended by outcome.
///
/// ```
/// use std::sync::Arc;
///
/// use gusset_core::ObserveLayer;
/// use gusset_core::operation::{Operation, Operations};
/// use gusset_metrics::{OperationMetrics, SharedRecorder};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
/// let metrics = OperationMetrics::builder(recorder).build()?;
/// let operations = ObserveLayer::<Operations, _>::new(metrics);
/// let query = operations.operation(Operation::database("postgresql", "SELECT", "orders"));
/// query.run(async { Ok::<_, std::io::Error>(()) }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OperationMetrics {
    internal: Arc<CallInstruments>,
    database: Arc<CallInstruments>,
    send: Arc<CallInstruments>,
}

/// Configures and builds [`OperationMetrics`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct OperationMetricsBuilder {
    recorder: SharedRecorder,
    options: Arc<RequestOptions>,
    cardinality_limit: Option<usize>,
    with_local_recorder: bool,
}

/// The state of one operation of [`OperationMetrics`].
#[derive(Debug)]
pub struct OperationMetricsCall {
    recorder: CallRecorder,
    messages: u32,
}

// === impl OperationMetrics ===

impl OperationMetrics {
    /// Returns a builder.
    pub fn builder(recorder: SharedRecorder) -> OperationMetricsBuilder {
        OperationMetricsBuilder {
            recorder,
            options: Arc::default(),
            cardinality_limit: None,
            with_local_recorder: false,
        }
    }

    fn instruments(&self, kind: OperationKind) -> &Arc<CallInstruments> {
        match kind {
            OperationKind::Database => &self.database,
            OperationKind::Send => &self.send,
            // Also the kinds that a later version of gusset-core adds.
            _ => &self.internal,
        }
    }
}

impl Observer<Operations> for OperationMetrics {
    type Call = OperationMetricsCall;

    #[inline]
    fn start(&self, operation: &Operation, _: &mut CallContext) -> OperationMetricsCall {
        let kind = operation.kind();
        let instruments = self.instruments(kind);
        let key = SeriesKey {
            name: name(&instruments.names, operation),
            ..SeriesKey::default()
        };
        OperationMetricsCall {
            recorder: CallRecorder::start(instruments, key),
            messages: match kind {
                OperationKind::Send => operation.messages(),
                _ => 0,
            },
        }
    }

    fn id(&self) -> ObserverId {
        self.internal.observer_id()
    }
}

impl fmt::Debug for OperationMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationMetrics").finish_non_exhaustive()
    }
}

/// Returns the number of the names of an operation: without a system, its name alone.
#[inline]
fn name(names: &crate::intern::LabelInterner, operation: &Operation) -> InternedId {
    match operation.system() {
        None => names.id(operation.name()),
        Some(system) => {
            let target = operation.target().unwrap_or_default();
            names.id_of_parts([system, operation.name(), target])
        }
    }
}

// === impl OperationMetricsCall ===

impl CallObserver<Operations> for OperationMetricsCall {
    #[inline]
    fn enter(&mut self) {
        self.recorder.enter();
    }

    #[inline]
    fn exit(&mut self) {
        self.recorder.exit();
    }

    #[inline]
    fn on_end(self, _: End<'_, Operations>, cx: &CallContext) {
        let bodies = Bodies {
            messages: self.messages,
            ..Bodies::default()
        };
        self.recorder.end(&bodies, None, cx);
    }
}

// === impl OperationMetricsBuilder ===

impl OperationMetricsBuilder {
    /// Sets the options that are shared with the other signals. Of them, an operation has the registered
    /// [own fields](RequestOptions::with_field).
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }

    /// Sets how many series each metric may have, from 1 to 60,000. Further operations share one overflow series.
    /// Defaults to 2000.
    pub fn cardinality_limit(mut self, limit: usize) -> Self {
        self.cardinality_limit = Some(limit);
        self
    }

    /// Makes the recorder the local recorder while an operation is polled, as that of
    /// [`MessagingMetricsBuilder`](crate::MessagingMetricsBuilder::with_local_recorder). Off by default.
    pub fn with_local_recorder(mut self) -> Self {
        self.with_local_recorder = true;
        self
    }

    /// Builds the metrics.
    ///
    /// # Errors
    /// If a setting is invalid. The error names it.
    pub fn build(self) -> Result<OperationMetrics, ConfigError> {
        let build = |set| {
            let mut config = Config::new(self.recorder.clone());
            config.with_local_recorder = self.with_local_recorder;
            if let Some(limit) = self.cardinality_limit {
                config.cardinality_limit = limit;
            }
            config.build(set, self.options.clone())
        };
        Ok(OperationMetrics {
            internal: build(&OPERATION)?,
            database: build(&DATABASE)?,
            send: build(&SEND)?,
        })
    }
}

impl fmt::Debug for OperationMetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationMetricsBuilder")
            .field("cardinality_limit", &self.cardinality_limit)
            .finish_non_exhaustive()
    }
}
