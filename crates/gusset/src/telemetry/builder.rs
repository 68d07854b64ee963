//! The settings of telemetry.

mod build;
mod joined_spans;

use std::fmt;
use std::sync::Arc;

use gusset_core::{ConfigError, Env};
use gusset_log::LogLayerBuilder;
use gusset_metrics::{Registry, RegistryBuilder, SharedRecorder};
use gusset_otlp::OtlpPipelineBuilder;
use gusset_prometheus::{PrometheusExporterBuilder, Resource};
use gusset_trace::sampler::Sampler;
use gusset_trace::{ContextBridge, Redaction, SpanFilter, TraceTrust};
use tracing_subscriber::Layer;

#[cfg(feature = "testing")]
use super::captured::Captured;
use super::metric_destination::MetricSettings;
use super::own_fields::OwnFields;
use super::sinks::SinkSettings;
use super::{Signals, Telemetry};
use crate::kind::ConfigureFn;

/// Builds [`Telemetry`]. Created by [`gusset::telemetry`](crate::telemetry()).
///
/// Values set here override environment variables, which override the defaults.
#[must_use = "a builder does nothing until `build` is called"]
pub struct TelemetryBuilder {
    resource: Option<Resource>,
    pub(super) metrics: MetricSettings,
    sampler: Option<Arc<dyn Sampler>>,
    log: ConfigureFn<LogLayerBuilder>,
    otlp: ConfigureFn<OtlpPipelineBuilder>,
    prometheus: ConfigureFn<PrometheusExporterBuilder>,
    trust: Option<TraceTrust>,
    pub(super) sinks: SinkSettings,
    pub(super) fields: OwnFields,
    redaction: Redaction,
    tracing_spans: bool,
    span_filter: Option<SpanFilter>,
    context_bridge: Option<&'static dyn ContextBridge>,
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
            metrics: MetricSettings {
                registry: Registry::builder(),
                recorder: None,
                set_by_code: None,
            },
            sampler: None,
            log: Box::new(|log| log),
            otlp: Box::new(|otlp| otlp),
            prometheus: Box::new(|prometheus| prometheus),
            trust: None,
            sinks: SinkSettings::default(),
            fields: OwnFields::default(),
            redaction: Redaction::default(),
            tracing_spans: false,
            span_filter: None,
            context_bridge: None,
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
        self.metrics.registry = registry;
        self.metrics.set_by_code = Some("registry");
        self
    }

    /// Adds views to those of the registry.
    #[cfg(feature = "slo")]
    pub(crate) fn add_views(mut self, views: Vec<gusset_metrics::registry::View>) -> Self {
        let views = views.into_iter();
        self.metrics.registry = views.fold(self.metrics.registry, RegistryBuilder::view);
        self
    }

    /// Records all metrics into this recorder of the `metrics` facade instead of gusset's registry: those of
    /// calls, and those of the log, the OTLP pipeline, health, breakers and the management server.
    ///
    /// The recorder exports them, so they are not exported over OTLP, and there is no scrape endpoint: a
    /// variable that names one is warned of. To serve its own page on the management server, mount it as an
    /// [`Endpoint`](gusset_http::Endpoint). Whether the recorder is global remains with the service. For one
    /// that is installed later, or that removes idle series, use
    /// [`GlobalRecorder`](gusset_metrics::GlobalRecorder).
    ///
    /// Cannot be combined with [`registry`](Self::registry) and [`prometheus`](Self::prometheus): the recorder
    /// has its own buckets and names.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use gusset::metrics::GlobalRecorder;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let recorder = Arc::new(GlobalRecorder::new());
    /// let telemetry = gusset::telemetry().recorder(recorder).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.metrics.recorder = Some(recorder);
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
        self.metrics.set_by_code = Some("prometheus");
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
        self.metrics.registry = self
            .metrics
            .registry
            .with_defaults(settings.registry.clone());
        self.trust = self.trust.or(settings.trust);
        let (settings, log) = (settings.clone(), self.log);
        let of_file = settings.clone();
        self.log = Box::new(move |builder| log(of_file.log(builder)));
        let prometheus = self.prometheus;
        self.prometheus = Box::new(move |builder| prometheus(settings.prometheus(builder)));
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
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
