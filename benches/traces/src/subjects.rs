//! gusset and its peers, each with a tracing back end. Global state is created on first use.

use std::convert::Infallible;
use std::future::ready;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_opentelemetry::{
    LiveSpans, OpenTelemetryContext, SharedSpanProcessor, SpanExporterPipeline, SpanExporterSink,
    SpanProcessorSink,
};
use gusset_trace::{SpanLayer, TraceObserver, TraceObserverBuilder};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_instrumentation_tower::http::server::{Layer, LayerBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use tower_otel::trace::HttpLayer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::sink::DiscardSink;

/// An exporter that discards batches.
#[derive(Debug)]
struct DiscardExporter;

static DISCARDED: AtomicUsize = AtomicUsize::new(0);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

static PIPELINE: OnceLock<SpanExporterPipeline> = OnceLock::new();

/// Returns gusset's observer.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn gusset() -> ObserveLayer<Http, TraceObserver> {
    ObserveLayer::new(
        TraceObserver::server()
            .build_with(|_| None)
            .expect("the defaults are valid"),
    )
}

/// Returns gusset's observer with a sink, without a subscriber.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn gusset_alone() -> ObserveLayer<Http, TraceObserver> {
    let trace = TraceObserver::server().sink(DiscardSink::global());
    ObserveLayer::new(trace.build_with(|_| None).expect("the defaults are valid"))
}

/// Returns gusset's observer with a sink, whose calls are OpenTelemetry's current context.
pub fn gusset_context() -> ObserveLayer<Http, TraceObserver> {
    let trace = TraceObserver::server().sink(DiscardSink::global());
    observe(trace.context_bridge(&OpenTelemetryContext))
}

/// Returns the sink of a processor like that of the [`provider`].
pub fn processor_sink() -> SpanProcessorSink<SharedSpanProcessor> {
    let processor = BatchSpanProcessor::builder(DiscardExporter).build();
    SpanProcessorSink::new(SharedSpanProcessor::new(processor))
}

/// Returns the sink of a pipeline whose exporter discards.
///
/// # Panics
/// If the system has no thread.
pub fn exporter_sink() -> SpanExporterSink {
    let pipeline = PIPELINE.get_or_init(|| {
        let create = || Ok::<_, Infallible>(DiscardExporter);
        SpanExporterPipeline::builder()
            .start(create)
            .expect("the system has threads")
    });
    pipeline.span_sink()
}

/// Returns gusset's observer with a processor of the SDK.
pub fn gusset_processor() -> ObserveLayer<Http, TraceObserver> {
    observe(TraceObserver::server().sink(processor_sink()))
}

/// Returns gusset's observer with an exporter of the SDK.
pub fn gusset_exporter() -> ObserveLayer<Http, TraceObserver> {
    observe(TraceObserver::server().sink(exporter_sink()))
}

/// Returns gusset's observer with spans that begin in the SDK's tracer.
pub fn gusset_live() -> ObserveLayer<Http, TraceObserver> {
    observe(TraceObserver::server().live(LiveSpans::new(provider().tracer("gusset"))))
}

fn observe(trace: TraceObserverBuilder) -> ObserveLayer<Http, TraceObserver> {
    ObserveLayer::new(trace.build_with(|_| None).expect("the defaults are valid"))
}

/// Installs a subscriber with `SpanLayer`, with or without its filter.
pub fn subscribe_gusset(filtered: bool) {
    let layer = SpanLayer::new(DiscardSink::global());
    if filtered {
        install(tracing_subscriber::registry().with(layer.with_recording_filter()));
    } else {
        install(tracing_subscriber::registry().with(layer));
    }
}

/// Installs a subscriber with the layer of tracing-opentelemetry.
pub fn subscribe_otel() {
    let tracer = provider().tracer("peers");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    install(tracing_subscriber::registry().with(layer));
}

/// Returns a provider with a batch processor whose exporter discards. It uses the client's sampling decision.
/// The propagator is set too, without which the peers do not read `traceparent`.
pub fn provider() -> &'static SdkTracerProvider {
    PROVIDER.get_or_init(|| {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(DiscardExporter)
            .build();
        opentelemetry::global::set_tracer_provider(provider.clone());
        provider
    })
}

/// Returns opentelemetry-instrumentation-tower without metrics.
///
/// # Panics
/// Never, because every part has a default.
pub fn otel_tower() -> Layer {
    let layer = LayerBuilder::builder().with_metrics(false);
    LayerBuilder::build(layer).expect("every part has a default")
}

/// Returns tower-otel's spans, as in its documentation.
pub fn tower_otel() -> HttpLayer {
    HttpLayer::server(tracing::Level::INFO)
}

/// Waits until all queued spans are discarded.
pub fn flush() {
    DiscardSink::flush();
    if let Some(pipeline) = PIPELINE.get() {
        let _ = pipeline.flush(Duration::from_secs(10));
    }
    if let Some(provider) = PROVIDER.get() {
        let _ = provider.force_flush();
    }
}

/// Returns the number of discarded spans of the peers.
pub fn discarded() -> usize {
    flush();
    DISCARDED.load(Ordering::Relaxed)
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("each process has one scenario");
}

// === impl DiscardExporter ===

impl SpanExporter for DiscardExporter {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        DISCARDED.fetch_add(batch.len(), Ordering::Relaxed);
        drop(batch);
        ready(Ok(()))
    }
}
