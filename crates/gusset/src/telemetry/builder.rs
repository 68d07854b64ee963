//! The settings of telemetry.

use std::fmt;
use std::sync::{Arc, Mutex};

use gusset_admin::ManagementServer;
use gusset_core::{ConfigError, Env};
use gusset_data::SpanSink;
use gusset_log::{FilterHandle, FlushGuard, LogFileHandle, LogLayer, LogLayerBuilder};
use gusset_metrics::{Registry, RegistryBuilder};
use gusset_otlp::{OtlpLogSink, OtlpPipeline, OtlpPipelineBuilder};
use gusset_prometheus::{PrometheusExporter, PrometheusExporterBuilder, Resource};
use gusset_propagation::Propagators;
use gusset_trace::sampler::{self, ReplaceableSampler, Sampler};
use gusset_trace::{Redaction, SpanLayer, TraceTrust};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

#[cfg(feature = "testing")]
use super::captured::Captured;
use super::deferred::Deferred;
use super::early_warnings::EarlyWarnings;
use super::own_fields::OwnFields;
use super::{Signals, Telemetry};
use crate::kind::ConfigureFn;

const METRICS_EXPORTER_VARIABLE: &str = "OTEL_METRICS_EXPORTER";

/// Builds [`Telemetry`]. Created by [`gusset::telemetry`](crate::telemetry()).
///
/// Values set here override environment variables, which override the defaults.
#[must_use = "a builder does nothing until `build` is called"]
pub struct TelemetryBuilder {
    resource: Option<Resource>,
    pub(super) registry: RegistryBuilder,
    sampler: Option<Arc<dyn Sampler>>,
    log: ConfigureFn<LogLayerBuilder>,
    otlp: ConfigureFn<OtlpPipelineBuilder>,
    prometheus: ConfigureFn<PrometheusExporterBuilder>,
    trust: Option<TraceTrust>,
    pub(super) fields: OwnFields,
    redaction: Redaction,
    tracing_spans: bool,
    layers: Vec<CustomLayer>,
    signals: Signals,
    metrics_listener: bool,
    #[cfg(feature = "config-file")]
    pub(super) file_warning: Option<String>,
    #[cfg(feature = "testing")]
    captured: Option<Captured>,
}

type CustomLayer = Box<dyn Layer<tracing_subscriber::Registry> + Send + Sync>;

// === impl TelemetryBuilder ===

impl TelemetryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            resource: None,
            registry: Registry::builder(),
            sampler: None,
            log: Box::new(|log| log),
            otlp: Box::new(|otlp| otlp),
            prometheus: Box::new(|prometheus| prometheus),
            trust: None,
            fields: OwnFields::default(),
            redaction: Redaction::default(),
            tracing_spans: false,
            layers: Vec::new(),
            signals: Signals::ALL,
            metrics_listener: true,
            #[cfg(feature = "config-file")]
            file_warning: None,
            #[cfg(feature = "testing")]
            captured: None,
        }
    }

    /// Sets the OpenTelemetry resource. Overrides the environment and the detected attributes.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets the registry of metrics, for example with bucket boundaries.
    ///
    /// ```
    /// use gusset::metrics::Registry;
    /// use gusset::prometheus::Resource;
    /// use gusset::trace::sampler::{ParentBased, TailSampler, TraceIdRatio};
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let registry = Registry::builder().buckets("db.client.operation.duration", &[0.01, 0.1]);
    /// let telemetry = gusset::telemetry()
    ///     .registry(registry)
    ///     .resource(Resource::new().with("service.name", "shop"))
    ///     // A tenth of the traces, and all calls that fail.
    ///     .sampler(TailSampler::new(ParentBased::new(TraceIdRatio::new(0.1))))
    ///     .build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(mut self, registry: RegistryBuilder) -> Self {
        self.registry = registry;
        self
    }

    /// Sets the sampler of traces. Defaults to `OTEL_TRACES_SAMPLER`, or else `parentbased_always_on`.
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Sets what servers do with the trace context of requests that no trusted proxy sent. Defaults to
    /// [`TraceTrust::Continue`].
    ///
    /// ```
    /// use gusset::http::TrustedProxies;
    /// use gusset::trace::TraceTrust;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let telemetry = gusset::telemetry().trust(TraceTrust::NewTrace).build_with(|_| None)?;
    /// let proxies = TrustedProxies::cidrs(["10.0.0.0/8"])?;
    /// let server = telemetry.http().trusted_proxies(proxies).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust(mut self, trust: TraceTrust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Sets what is redacted in log entries, exported records and spans. Defaults to
    /// [`Redaction::default`].
    ///
    /// ```
    /// use gusset::trace::Redaction;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let redaction = Redaction::default().key("iban").pattern(r"\b\d{4}( ?\d{4}){3}\b")?;
    /// let telemetry = gusset::telemetry().redaction(redaction).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Creates a `tracing` span for each call too, so that tasks spawned with `in_current_span()` stay
    /// in the trace. Costs some 4,000 instructions a call; [`gusset_trace::with_current_context`] costs
    /// less.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().with_tracing_spans().build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_tracing_spans(mut self) -> Self {
        self.tracing_spans = true;
        self
    }

    /// Configures the log: format, output, redaction.
    pub fn log<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(LogLayerBuilder) -> LogLayerBuilder + 'static,
    {
        self.log = Box::new(configure);
        self
    }

    /// Configures the OTLP pipeline. Overrides the environment.
    pub fn otlp<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(OtlpPipelineBuilder) -> OtlpPipelineBuilder + 'static,
    {
        self.otlp = Box::new(configure);
        self
    }

    /// Configures the scrape endpoint.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry()
    ///     .prometheus(|prometheus| prometheus.without_suffixes())
    ///     .build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn prometheus<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(PrometheusExporterBuilder) -> PrometheusExporterBuilder + 'static,
    {
        self.prometheus = Box::new(configure);
        self
    }

    /// Adds a custom layer to the subscriber.
    ///
    /// ```
    /// # #[derive(Default)] struct Count;
    /// # impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Count {}
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().layer(Count::default()).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<tracing_subscriber::Registry> + Send + Sync,
    {
        self.layers.push(layer.boxed());
        self
    }

    /// Adds the settings of a file below those of code.
    #[cfg(feature = "serde")]
    pub(crate) fn settings(mut self, settings: &Arc<crate::config::Settings>) -> Self {
        self.registry = self.registry.with_defaults(settings.registry.clone());
        self.trust = self.trust.or(settings.trust);
        let (settings, log) = (settings.clone(), self.log);
        self.log = Box::new(move |builder| log(settings.log(builder)));
        self
    }

    /// Sets which signals there are.
    #[cfg(feature = "service")]
    pub(crate) fn signals(mut self, signals: Signals) -> Self {
        self.signals = signals;
        self
    }

    /// Leaves out the metrics listener, because the management server has the scrape endpoint.
    #[cfg(feature = "service")]
    pub(crate) fn without_metrics_listener(mut self) -> Self {
        self.metrics_listener = false;
        self
    }

    /// Sets where log lines and spans are captured, instead of being written and exported.
    #[cfg(feature = "testing")]
    pub(crate) fn capture(mut self, captured: Captured) -> Self {
        self.captured = Some(captured);
        self
    }

    /// Builds and starts telemetry: the log is written, and the OTLP pipeline exports if it is
    /// configured.
    ///
    /// # Errors
    /// If a setting or an environment variable is invalid, or the metrics listener cannot be bound.
    pub fn build(self) -> Result<Telemetry, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds telemetry with the environment variables that `env` returns.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Telemetry, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    pub(crate) fn build_in(self, env: Env<'_>) -> Result<Telemetry, ConfigError> {
        #[cfg(feature = "config-file")]
        return self.build_with_file(env);
        #[cfg(not(feature = "config-file"))]
        self.build_from_env(env)
    }

    pub(super) fn build_from_env(self, env: Env<'_>) -> Result<Telemetry, ConfigError> {
        let Self {
            resource,
            registry,
            sampler,
            log,
            otlp,
            prometheus,
            trust,
            fields,
            redaction,
            tracing_spans,
            layers,
            signals,
            metrics_listener,
            #[cfg(feature = "config-file")]
            file_warning,
            #[cfg(feature = "testing")]
            captured,
        } = self;
        let early = EarlyWarnings::default();
        #[cfg(feature = "config-file")]
        if let Some(warning) = file_warning {
            early.keep(|| tracing::warn!(target: "gusset", "{warning}"));
        }
        let registry = early.keep(|| registry.build_in(env))?;
        let registry = Arc::new(registry);
        let propagators = early.keep(|| Propagators::from_env(env))?;

        let (logs, spans) = (
            Deferred::<OtlpLogSink>::new(),
            Deferred::<Arc<dyn SpanSink>>::new(),
        );
        let deferred_sampler = Deferred::<ReplaceableSampler>::new();
        let mut log_builder = LogLayer::builder()
            .recorder(registry.clone())
            .redaction(redaction.clone())
            .sink(logs.clone());
        if let Some(resource) = &resource {
            log_builder = log_builder.default_resource(resource.clone());
        }
        let mut log = log(log_builder);
        #[cfg(feature = "testing")]
        if let Some(captured) = &captured {
            log = log
                .format(gusset_log::Format::Json)
                .writer(captured.clone());
        }
        if !signals.log {
            log = log.without_output();
        }
        let span_layer = early.keep(|| {
            SpanLayer::new_in(spans.clone(), env)
                .sampler(deferred_sampler.clone())
                .redaction(redaction.clone())
        });
        let inner = tracing_subscriber::registry();
        // Not an empty `Vec` and not an `Option`: as layers, they would enable every span.
        let subscriber = early.keep(|| match (layers.is_empty(), tracing_spans) {
            (true, false) => {
                build_subscriber(inner.with(span_layer.with_recording_filter()), log, env)
            }
            (true, true) => build_subscriber(inner.with(span_layer), log, env),
            (false, false) => {
                let span_layer = span_layer.with_recording_filter();
                build_subscriber(inner.with(layers).with(span_layer), log, env)
            }
            (false, true) => build_subscriber(inner.with(layers).with(span_layer), log, env),
        });
        let (dispatch, filter_handle, flush_guard, log_file_handle) = subscriber?;

        let mut builder = OtlpPipeline::builder().recorder(registry.clone());
        if signals.metrics {
            builder = builder.metric_producer(registry.clone());
        }
        if let Some(resource) = resource {
            builder = builder.resource(resource);
        }
        // Warnings about variables, and the start of the pipeline, go to the log.
        let (sampler, otlp) = tracing::dispatcher::with_default(&dispatch, || {
            early.log();
            let sampler = sampler.unwrap_or_else(|| sampler::from_env(env));
            (
                ReplaceableSampler::new(sampler),
                otlp(builder).build_in(env),
            )
        });
        let otlp = otlp?;
        let span_sink: Arc<dyn SpanSink> = Arc::new(otlp.span_sink());
        #[cfg(feature = "testing")]
        let span_sink = match captured {
            Some(captured) => Arc::new(captured),
            None => span_sink,
        };
        // A sink that is not set has no capacity, so nothing is made for it.
        if signals.log {
            logs.set(otlp.log_sink());
        }
        if signals.traces {
            deferred_sampler.set(sampler.clone());
            spans.set(span_sink.clone());
        }

        let exporter = PrometheusExporter::builder()
            .registry(registry.clone())
            .resource(otlp.resource().clone());
        let prometheus = prometheus(exporter).build_in(env)?;
        let server = if metrics_listener && has_metrics_listener(env) {
            let server = ManagementServer::builder()
                .mount(prometheus.endpoint())
                .recorder(registry.clone())
                .start_in(env)?;
            Some(server)
        } else {
            None
        };
        Ok(Telemetry {
            prometheus,
            server,
            registry,
            propagators,
            sampler,
            trust: trust.unwrap_or_default(),
            fields,
            redaction,
            spans: span_sink,
            dispatch,
            filter_handle,
            log_file_handle,
            signals,
            otlp: Mutex::new(Some(otlp)),
            flush_guard: Mutex::new(Some(flush_guard)),
        })
    }
}

/// Returns whether the environment configures a metrics listener: the exporter `prometheus`.
fn has_metrics_listener(env: Env<'_>) -> bool {
    // The pipeline has warned of a value that is not valid Unicode.
    let exporters = env.var(METRICS_EXPORTER_VARIABLE).ok().flatten();
    let exporters = exporters.unwrap_or_default();
    let mut exporters = exporters.split(',').map(str::trim);
    exporters.any(|exporter| exporter.eq_ignore_ascii_case("prometheus"))
}

/// A subscriber with its log layer, and the handles of that.
type BuiltLog = (Dispatch, FilterHandle, FlushGuard, Option<LogFileHandle>);

/// Adds the log layer to a subscriber.
fn build_subscriber<S>(
    inner: S,
    log: LogLayerBuilder,
    env: Env<'_>,
) -> Result<BuiltLog, ConfigError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let log = log.build_in(env)?;
    let dispatch = Dispatch::new(inner.with(log.layer));
    Ok((
        dispatch,
        log.filter_handle,
        log.flush_guard,
        log.file_handle,
    ))
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
