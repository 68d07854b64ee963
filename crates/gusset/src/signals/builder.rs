//! Puts the signals of a process together.

use std::fmt;
use std::sync::Arc;

use gusset_log::{Control, FlushGuard, LogLayer, LogLayerBuilder};
use gusset_metrics::{Registry, RegistryBuilder};
use gusset_otlp::{Logs, Spans, Telemetry, TelemetryBuilder};
use gusset_prometheus::{Prometheus, Resource};
use gusset_trace::sample::{self, Sampler};
use gusset_trace::{Propagators, SpanLayer};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::Signals;
use super::late::Late;
use crate::BuildError;
use crate::kind::Configure;

/// Sets up [`Signals`]: what is set here goes over what the environment says, and that over the
/// conventions. Made by [`gusset::signals`](crate::signals()).
#[must_use = "a builder does nothing until `build` is called"]
pub struct SignalsBuilder {
    resource: Option<Resource>,
    registry: RegistryBuilder,
    sampler: Option<Arc<dyn Sampler>>,
    log: Configure<LogLayerBuilder>,
    otlp: Configure<TelemetryBuilder>,
    call_spans: bool,
    layers: Vec<OwnLayer>,
}

type OwnLayer = Box<dyn Layer<tracing_subscriber::Registry> + Send + Sync>;

// === impl SignalsBuilder ===

impl SignalsBuilder {
    pub(crate) fn new() -> Self {
        Self {
            resource: None,
            registry: Registry::builder(),
            sampler: None,
            log: Box::new(|log| log),
            otlp: Box::new(|otlp| otlp),
            call_spans: false,
            layers: Vec::new(),
        }
    }

    /// What the signals are of, over what the environment says and what is detected.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets up where metrics are kept: boundaries of histograms.
    ///
    /// ```
    /// use gusset::metrics::Registry;
    /// use gusset::prometheus::Resource;
    /// use gusset::trace::sample::{ParentBased, Ratio, Tail};
    ///
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let registry = Registry::builder().buckets("db.client.operation.duration", &[0.01, 0.1]);
    /// let signals = gusset::signals()
    ///     .registry(registry)
    ///     .resource(Resource::new().with("service.name", "shop"))
    ///     // A tenth, and whatever fails.
    ///     .sampler(Tail::new(ParentBased::new(Ratio::new(0.1))))
    ///     .build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(mut self, registry: RegistryBuilder) -> Self {
        self.registry = registry;
        self
    }

    /// Which calls are recorded. Unset, `OTEL_TRACES_SAMPLER` says it, then all are that the caller does
    /// not say no to.
    pub fn sampler(mut self, sampler: impl Sampler) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Makes the span of each call a span of the subscriber too, though nobody but tasks wants it: what a
    /// handler spawns with `tracing`'s `in_current_span` then stays in the trace. That costs each call some
    /// 4,000 instructions; [`gusset_trace::carry`] does it for less, and is all that works otherwise.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let signals = gusset::signals().call_spans().build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_spans(mut self) -> Self {
        self.call_spans = true;
        self
    }

    /// Sets up the log: its format, where it goes, what does not show.
    pub fn log<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(LogLayerBuilder) -> LogLayerBuilder + 'static,
    {
        self.log = Box::new(configure);
        self
    }

    /// Sets up the road to the collector, over the environment.
    pub fn otlp<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(TelemetryBuilder) -> TelemetryBuilder + 'static,
    {
        self.otlp = Box::new(configure);
        self
    }

    /// Adds a layer of one's own to the subscriber, with a filter of its own if it wants one.
    ///
    /// ```
    /// # #[derive(Default)] struct Count;
    /// # impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Count {}
    /// # fn main() -> Result<(), gusset::BuildError> {
    /// let signals = gusset::signals().layer(Count::default()).build_with(|_| None)?;
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

    /// Starts it: the log writes, and the roads to the collector are open if there are any.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build(self) -> Result<Signals, BuildError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used.
    pub fn build_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Signals, BuildError> {
        let Self {
            resource,
            registry,
            sampler,
            log,
            otlp,
            call_spans,
            layers,
        } = self;
        let registry = registry.build_with(&env).map_err(BuildError::new)?;
        let registry = Arc::new(registry);
        let propagators = Propagators::from_lookup(&env).map_err(BuildError::new)?;

        let (logs, spans) = (Late::<Logs>::new(), Late::<Spans>::new());
        let late_sampler = Late::<Arc<dyn Sampler>>::new();
        let log = log(LogLayer::builder()
            .recorder(registry.clone())
            .sink(logs.clone()));
        let span_layer = SpanLayer::new(spans.clone()).sampler(late_sampler.clone());
        let inner = tracing_subscriber::registry();
        // Not a `Vec` or an `Option` without a layer: it would want every span to be made.
        let (dispatch, control, guard) = match (layers.is_empty(), call_spans) {
            (true, false) => lay(inner.with(span_layer.filtered()), log, &env)?,
            (true, true) => lay(inner.with(span_layer), log, &env)?,
            (false, false) => lay(inner.with(layers).with(span_layer.filtered()), log, &env)?,
            (false, true) => lay(inner.with(layers).with(span_layer), log, &env)?,
        };

        let mut builder = Telemetry::builder()
            .metrics(registry.clone())
            .recorder(registry.clone());
        if let Some(resource) = resource {
            builder = builder.resource(resource);
        }
        // What is said of variables that cannot be read, and of the road, is for the log.
        let sampler = tracing::dispatcher::with_default(&dispatch, || {
            sampler.unwrap_or_else(|| sample::from_lookup(&env))
        });
        late_sampler.is_there(sampler.clone());
        let otlp = tracing::dispatcher::with_default(&dispatch, || otlp(builder).build_with(&env));
        let otlp = otlp.map_err(BuildError::new)?;
        logs.is_there(otlp.logs());
        spans.is_there(otlp.spans());

        let prometheus = Prometheus::builder()
            .registry(registry.clone())
            .resource(otlp.resource().clone())
            .build_with(&env)
            .map_err(BuildError::new)?;
        let listener = if is_page_asked_for(&env) {
            let listener = prometheus.listener().environment(&env).start();
            Some(listener.map_err(BuildError::new)?)
        } else {
            None
        };
        Ok(Signals {
            prometheus,
            listener,
            registry,
            propagators,
            sampler,
            spans: otlp.spans(),
            dispatch,
            control,
            otlp,
            guard,
        })
    }
}

/// The environment asks for the page on a listener of its own: the exporter `prometheus`.
fn is_page_asked_for(env: impl Fn(&str) -> Option<String>) -> bool {
    let exporters = env("OTEL_METRICS_EXPORTER").unwrap_or_default();
    let mut exporters = exporters.split(',').map(str::trim);
    exporters.any(|exporter| exporter.eq_ignore_ascii_case("prometheus"))
}

/// Lays the log over that subscriber.
fn lay<S>(
    inner: S,
    log: LogLayerBuilder,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(Dispatch, Control, FlushGuard), BuildError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let log = log.build_with(env).map_err(BuildError::new)?;
    Ok((Dispatch::new(inner.with(log.layer)), log.control, log.guard))
}

impl fmt::Debug for SignalsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsBuilder")
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
