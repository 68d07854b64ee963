//! Logs, traces and metrics of a process.

#[cfg(feature = "browser")]
mod browser;
mod builder;
#[cfg(feature = "testing")]
mod captured;
#[cfg(feature = "config-file")]
mod declared;
mod deferred;
mod early_warnings;
mod end;
mod field_settings;
mod metric_destination;
mod own_fields;
mod shutdown_report;
mod signals;
mod sink_settings;
mod sinks;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_admin::ManagementServer;
use gusset_core::Observer;
use gusset_data::SpanSink;
use gusset_log::{FilterHandle, FlushGuard, LogFileHandle};
use gusset_metrics::{Registry, SharedRecorder};
use gusset_otlp::OtlpPipeline;
#[cfg(feature = "service")]
use gusset_otlp::{Receiver, Signal};
use gusset_prometheus::PrometheusExporter;
use gusset_propagation::Propagators;
use gusset_trace::sampler::ReplaceableSampler;
use gusset_trace::{ContextBridge, Redaction, TraceObserverBuilder, TraceTrust};
use tracing::Dispatch;
use tracing_log::LogTracer;

pub use self::builder::TelemetryBuilder;
#[cfg(feature = "testing")]
pub(crate) use self::captured::{Captured, is_access};
use self::metric_destination::MetricDestination;
use self::own_fields::OwnFields;
pub use self::shutdown_report::ShutdownReport;
pub(crate) use self::signals::Signals;
use self::sinks::Sinks;
use crate::kind::{
    Consumer, GrpcClient, GrpcServer, HttpClient, HttpServer, Operations, ServiceKind,
};
use crate::{InstallError, InstrumentationBuilder};

/// Logs, traces and metrics of a process: logs to standard output, metrics to a scrape endpoint, and
/// all three to an OpenTelemetry collector if the environment names one.
///
/// It is configured by OpenTelemetry's variables (`OTEL_*`), `RUST_LOG`, `GUSSET_LOGS_FORMAT` and
/// `NO_COLOR`. Without them, logs are written, metrics can be scraped and nothing is exported, which a log
/// entry states.
///
/// The layers that it builds log each call, make a span for it and measure it; a client's layer injects
/// the trace context. Events and spans of the service itself come through its subscriber, which is
/// global only after [`install_global`](Self::install_global). A spawned task stays in the trace by
/// [`gusset_trace::with_current_context`]; see [`TelemetryBuilder::with_tracing_spans`].
///
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = gusset::telemetry().build()?;
/// # if false {
/// telemetry.install_global()?;
/// # }
/// let server = telemetry.http().build()?;
/// let client = telemetry.http_client().build()?;
/// // … serve with `server.layer()`, call with `client.layer()`, then:
/// let report = telemetry.shutdown(Duration::from_secs(5));
/// assert_eq!(report.dropped(), 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "telemetry ends when this is dropped"]
pub struct Telemetry {
    prometheus: PrometheusExporter,
    server: Option<ManagementServer>,
    pub(crate) metrics: MetricDestination,
    propagators: Propagators,
    sampler: ReplaceableSampler,
    trust: TraceTrust,
    fields: OwnFields,
    redaction: Redaction,
    context_bridge: Option<&'static dyn ContextBridge>,
    spans: Arc<dyn SpanSink>,
    // Dropped before the pipeline, whose end is logged.
    sinks: Sinks,
    dispatch: Dispatch,
    filter_handle: FilterHandle,
    log_file_handle: Option<LogFileHandle>,
    signals: Signals,
    // Dropped in this order, so that what the pipeline logs at its end is written. Both are empty after
    // the shutdown.
    otlp: Mutex<Option<OtlpPipeline>>,
    flush_guard: Mutex<Option<FlushGuard>>,
}

// === impl Telemetry ===

impl Telemetry {
    /// Instruments an HTTP server; see [`gusset::http`](crate::http()).
    pub fn http(&self) -> InstrumentationBuilder<HttpServer> {
        self.instrument(crate::http())
    }

    /// Instruments an HTTP client; see [`gusset::http_client`](crate::http_client).
    pub fn http_client(&self) -> InstrumentationBuilder<HttpClient> {
        self.instrument(crate::http_client())
    }

    /// Instruments a gRPC server; see [`gusset::grpc`](crate::grpc).
    pub fn grpc(&self) -> InstrumentationBuilder<GrpcServer> {
        self.instrument(crate::grpc())
    }

    /// Instruments a gRPC client; see [`gusset::grpc_client`](crate::grpc_client).
    pub fn grpc_client(&self) -> InstrumentationBuilder<GrpcClient> {
        self.instrument(crate::grpc_client())
    }

    /// Instruments a message consumer; see
    /// [`gusset::message_consumer`](crate::message_consumer).
    pub fn message_consumer<Req, Res>(
        &self,
        system: impl Into<String>,
    ) -> InstrumentationBuilder<Consumer<Req, Res>>
    where
        Req: 'static,
        Res: 'static,
    {
        self.instrument(crate::message_consumer(system))
    }

    /// Instruments operations; see [`gusset::operations`](crate::operations).
    pub fn operations(&self) -> InstrumentationBuilder<Operations> {
        self.instrument(crate::operations())
    }

    /// Returns the exporter of the scrape endpoint. With [`TelemetryBuilder::recorder`], its page has no metrics.
    pub fn prometheus(&self) -> &PrometheusExporter {
        &self.prometheus
    }

    /// Returns the attribute `service.name`.
    #[cfg(feature = "service")]
    pub(crate) fn service_name(&self) -> Option<String> {
        let otlp = lock(&self.otlp);
        let mut attributes = otlp.as_ref()?.resource().attributes();
        let name = attributes.find(|(key, _)| *key == "service.name");
        name.map(|(_, value)| value.to_owned())
    }

    #[cfg(feature = "service")]
    pub(crate) fn receivers(&self) -> Vec<Receiver> {
        let otlp = lock(&self.otlp);
        let otlp = otlp.as_ref();
        otlp.map_or_else(Vec::new, |otlp| otlp.receivers().to_vec())
    }

    /// Returns the signals that are recorded and neither exported nor scraped. The log is written.
    #[cfg(feature = "service")]
    pub(crate) fn not_exported(&self, is_scraped: bool) -> Vec<&'static str> {
        let otlp = lock(&self.otlp);
        let exports = |signal| otlp.as_ref().is_some_and(|otlp| otlp.exports(signal));
        let mut signals = Vec::new();
        if self.signals.traces && !self.sinks.has_own_spans() && !exports(Signal::Traces) {
            signals.push("traces");
        }
        if self.signals.metrics
            && self.metrics.is_registry()
            && !is_scraped
            && !exports(Signal::Metrics)
        {
            signals.push("metrics");
        }
        signals
    }

    #[cfg(all(unix, feature = "service", feature = "incident"))]
    pub(crate) fn span_sink(&self) -> &Arc<dyn SpanSink> {
        &self.spans
    }

    #[cfg(feature = "service")]
    pub(crate) fn propagators(&self) -> &Propagators {
        &self.propagators
    }

    #[cfg(feature = "service")]
    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Returns the address of the metrics listener, which is started if `OTEL_METRICS_EXPORTER` names
    /// `prometheus`: on `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`, or else on `127.0.0.1:9464`.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(ManagementServer::local_addr)
    }

    /// Returns the recorder of all metrics, for other code that records some: the registry, or what
    /// [`TelemetryBuilder::recorder`] was given.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// let jobs = gusset::metrics::HttpMetrics::client(telemetry.recorder()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(&self) -> SharedRecorder {
        self.metrics.recorder()
    }

    /// Returns the registry, for other code that records metrics or reads them. With
    /// [`TelemetryBuilder::recorder`] nothing is recorded in it: see [`recorder`](Self::recorder).
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// metrics::with_local_recorder(&telemetry.registry(), || {
    ///     metrics::counter!("jobs").increment(1);
    /// });
    /// assert!(telemetry.prometheus().endpoint().render().contains("jobs_total 1"));
    /// assert_eq!(telemetry.metrics_addr(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(&self) -> Arc<Registry> {
        self.metrics.registry().clone()
    }

    /// Returns the `tracing` subscriber, for `tracing::dispatcher::with_default`: an alternative to
    /// [`install_global`](Self::install_global).
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// tracing::dispatcher::with_default(telemetry.dispatch(), || tracing::info!("hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// Installs the `tracing` subscriber for the whole process, which cannot be undone. Records of the
    /// `log` crate are logged too, unless the process has set a logger of that crate. Metrics of the
    /// `metrics` macros need `PrometheusExporter::install_global` as well.
    ///
    /// # Errors
    /// If the process has a global subscriber already.
    pub fn install_global(&self) -> Result<(), InstallError> {
        tracing::dispatcher::set_global_default(self.dispatch.clone())
            .map_err(InstallError::new)?;
        // It fails if the process has a logger already, which keeps the records.
        let _ = LogTracer::init();
        Ok(())
    }

    /// Installs a panic hook that logs each panic with its backtrace and then runs the previous hook. See
    /// [`gusset_log::panics`].
    ///
    /// ```no_run
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build()?;
    /// telemetry.install_panic_hook();
    /// # Ok(())
    /// # }
    /// ```
    pub fn install_panic_hook(&self) {
        if let Some(flush_guard) = &*lock(&self.flush_guard) {
            gusset_log::panics::install(flush_guard);
        }
    }

    /// Replaces the panic hook by one that logs each panic with its backtrace. The default hook would write it to
    /// standard error too, and block while the reader of that is stuck. See [`gusset_log::panics::replace`].
    ///
    /// ```no_run
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build()?;
    /// telemetry.replace_panic_hook();
    /// # Ok(())
    /// # }
    /// ```
    pub fn replace_panic_hook(&self) {
        if let Some(flush_guard) = &*lock(&self.flush_guard) {
            gusset_log::panics::replace(flush_guard);
        }
    }

    /// Returns the handle that changes the log filter at run time.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use std::time::Duration;
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// telemetry.log_filter_handle().set_temporarily("debug", Duration::from_secs(600))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_filter_handle(&self) -> &FilterHandle {
        &self.filter_handle
    }

    /// Returns the sampler of traces, which can be replaced at run time, also for a limited time.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// use std::time::Duration;
    ///
    /// use gusset::trace::sampler::AlwaysOn;
    ///
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// telemetry.sampler().replace_temporarily(AlwaysOn, Duration::from_secs(600));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sampler(&self) -> &ReplaceableSampler {
        &self.sampler
    }

    /// Returns the handle that reopens the log file, if the log is written to one: by
    /// [`LogLayerBuilder::file`](gusset_log::LogLayerBuilder::file), or by `GUSSET_LOGS_FILE`.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().build_with(|_| None)?;
    /// assert!(telemetry.log_file_handle().is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_file_handle(&self) -> Option<&LogFileHandle> {
        self.log_file_handle.as_ref()
    }

    fn instrument<K>(&self, builder: InstrumentationBuilder<K>) -> InstrumentationBuilder<K>
    where
        K: ServiceKind,
        (): Observer<K::Protocol>,
    {
        let builder = self.fields.apply(builder);
        let builder = builder.prometheus(&self.prometheus);
        let builder = match self.metrics.is_registry() {
            true => builder,
            false => builder.recorder(self.recorder()),
        };
        let mut builder = builder.trust(self.trust).redaction(self.redaction.clone());
        if self.signals.log {
            builder = builder.log(|log| log);
        }
        if self.signals.traces {
            let (propagators, sampler) = (self.propagators.clone(), self.sampler.clone());
            let (spans, bridge) = (self.spans.clone(), self.context_bridge);
            let configure = move |trace: TraceObserverBuilder| {
                let trace = trace.propagators(propagators).sampler(sampler);
                match bridge {
                    None => trace,
                    Some(bridge) => trace.context_bridge(bridge),
                }
            };
            builder = builder.trace(configure).shared_spans(spans);
        }
        match self.signals.metrics {
            true => builder,
            false => builder.without_metrics(),
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves the value as it was, because nothing is changed in steps under the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
