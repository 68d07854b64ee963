//! Ours and the peers, each made to trace. What is global is made once, at first need.

use std::future::ready;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_trace::{SpanLayer, TraceObserver};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_instrumentation_tower::http::server::{Layer, LayerBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tower_otel::trace::HttpLayer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::sink::Discard;

/// Throws batches away.
#[derive(Debug)]
struct Throw;

static THROWN: AtomicUsize = AtomicUsize::new(0);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Our observer.
///
/// # Panics
/// Never: this configuration is good.
pub fn gusset() -> ObserveLayer<Http, TraceObserver> {
    ObserveLayer::new(TraceObserver::server().build_with(|_| None).expect("by convention"))
}

/// Ours that gives its spans to a queue itself, without a subscriber.
///
/// # Panics
/// Never: this configuration is good.
pub fn gusset_alone() -> ObserveLayer<Http, TraceObserver> {
    let trace = TraceObserver::server().sink(Discard::global());
    ObserveLayer::new(trace.build_with(|_| None).expect("by convention"))
}

/// Subscribes our layer, as it comes or with its filter.
pub fn subscribe_gusset(filtered: bool) {
    let layer = SpanLayer::new(Discard::global());
    if filtered {
        install(tracing_subscriber::registry().with(layer.with_recording_filter()));
    } else {
        install(tracing_subscriber::registry().with(layer));
    }
}

/// Subscribes the layer of tracing-opentelemetry.
pub fn subscribe_otel() {
    let tracer = provider().tracer("peers");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    install(tracing_subscriber::registry().with(layer));
}

/// A provider that decides as the caller does, with a batch processor whose exporter discards; and the
/// propagator, without which the peers read nothing.
pub fn provider() -> &'static SdkTracerProvider {
    PROVIDER.get_or_init(|| {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Throw)
            .build();
        opentelemetry::global::set_tracer_provider(provider.clone());
        provider
    })
}

/// opentelemetry-instrumentation-tower, spans alone.
///
/// # Panics
/// Never: every part has its default.
pub fn otel_tower() -> Layer {
    let layer = LayerBuilder::builder().with_metrics(false);
    LayerBuilder::build(layer).expect("every part has its default")
}

/// tower-otel's spans, as its documentation has them.
pub fn tower_otel() -> HttpLayer {
    HttpLayer::server(tracing::Level::INFO)
}

/// Waits until all that is queued is thrown away.
pub fn flush() {
    Discard::flush();
    if let Some(provider) = PROVIDER.get() {
        let _ = provider.force_flush();
    }
}

/// How many spans of the peers were thrown away.
pub fn thrown() -> usize {
    flush();
    THROWN.load(Ordering::Relaxed)
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("one scenario a process");
}

// === impl Throw ===

impl SpanExporter for Throw {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        THROWN.fetch_add(batch.len(), Ordering::Relaxed);
        drop(batch);
        ready(Ok(()))
    }
}
