//! Builds telemetry of its settings.

use std::sync::{Arc, Mutex};

use gusset_admin::ManagementServer;
use gusset_core::{ConfigError, Env};
use gusset_data::{LogSink, SpanSink};
use gusset_log::{FilterHandle, FlushGuard, LogFileHandle, LogLayer, LogLayerBuilder};
use gusset_otlp::{OtlpPipeline, Signal};
use gusset_prometheus::PrometheusExporter;
use gusset_propagation::Propagators;
use gusset_trace::SpanLayer;
use gusset_trace::sampler::{self, ReplaceableSampler};
use tracing::dispatcher::with_default;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::{TelemetryBuilder, joined_spans};
use crate::Telemetry;
use crate::telemetry::deferred::Deferred;
use crate::telemetry::early_warnings::EarlyWarnings;
use crate::telemetry::metric_destination::MetricSettings;

// === impl TelemetryBuilder ===

impl TelemetryBuilder {
    pub(in crate::telemetry) fn build_from_env(
        self,
        env: Env<'_>,
    ) -> Result<Telemetry, ConfigError> {
        let Self {
            resource,
            metrics,
            sampler,
            log,
            otlp,
            prometheus,
            trust,
            mut sinks,
            fields,
            redaction,
            tracing_spans,
            span_filter,
            context_bridge,
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
        #[cfg(feature = "testing")]
        let is_captured = captured.is_some();
        #[cfg(not(feature = "testing"))]
        let is_captured = false;
        let metrics = MetricSettings {
            // Metrics that are captured, or left out, do not go into it.
            recorder: metrics.recorder.filter(|_| signals.metrics && !is_captured),
            ..metrics
        };
        let metrics = early.keep(|| metrics.build(env))?;
        let propagators = early.keep(|| Propagators::from_env(env))?;

        let (logs, spans) = (
            Deferred::<Arc<dyn LogSink>>::new(),
            Deferred::<Arc<dyn SpanSink>>::new(),
        );
        let deferred_sampler = Deferred::<ReplaceableSampler>::new();
        let mut log_builder = LogLayer::builder()
            .recorder(metrics.recorder())
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
            let layer = SpanLayer::new_in(spans.clone(), env)
                .sampler(deferred_sampler.clone())
                .redaction(redaction.clone());
            joined_spans::configure(layer, span_filter, context_bridge)
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

        let mut builder = OtlpPipeline::builder().recorder(metrics.recorder());
        if signals.metrics && metrics.is_registry() {
            builder = builder.metric_producer(metrics.registry().clone());
        }
        if let Some(resource) = resource {
            builder = builder.resource(resource);
        }
        // Warnings about variables, and the start of the pipeline, go to the log.
        let (sampler, otlp) = with_default(&dispatch, || {
            early.log();
            let sampler = sampler.unwrap_or_else(|| sampler::from_env(env));
            (
                ReplaceableSampler::new(sampler),
                otlp(builder).build_in(env),
            )
        });
        let otlp = otlp?;
        if signals.metrics {
            let is_exported = otlp.exports(Signal::Metrics);
            with_default(&dispatch, || metrics.warn_of_exporters(env, is_exported));
        }
        if !signals.traces || is_captured {
            sinks.spans.clear();
        }
        if !signals.log || is_captured {
            sinks.logs.clear();
        }
        let sinks = with_default(&dispatch, || sinks.build(&otlp, metrics.recorder()));
        let span_sink = sinks.spans.clone();
        #[cfg(feature = "testing")]
        let span_sink = match captured {
            Some(captured) => Arc::new(captured),
            None => span_sink,
        };
        // A sink that is not set has no capacity, so nothing is made for it.
        if signals.log {
            logs.set(sinks.logs.clone());
        }
        if signals.traces {
            deferred_sampler.set(sampler.clone());
            spans.set(span_sink.clone());
        }

        let exporter = PrometheusExporter::builder()
            .registry(metrics.registry().clone())
            .resource(otlp.resource().clone());
        let prometheus = prometheus(exporter).build_in(env)?;
        let server = if metrics_listener && metrics.has_listener(env) {
            let server = ManagementServer::builder()
                .mount(prometheus.endpoint())
                .recorder(metrics.recorder())
                .start_in(env)?;
            Some(server)
        } else {
            None
        };
        Ok(Telemetry {
            prometheus,
            server,
            metrics,
            propagators,
            sampler,
            trust: trust.unwrap_or_default(),
            fields,
            redaction,
            context_bridge,
            spans: span_sink,
            sinks,
            dispatch,
            filter_handle,
            log_file_handle,
            signals,
            otlp: Mutex::new(Some(otlp)),
            flush_guard: Mutex::new(Some(flush_guard)),
        })
    }
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
