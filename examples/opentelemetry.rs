//! gusset in a service that has OpenTelemetry's SDK: its own providers export everything over OTLP. Spans that a
//! library creates in a handler are children of the call.
//!
//! `cargo run --example opentelemetry` with a collector on port 4317, then `curl 127.0.0.1:3000/users/7`.

use std::sync::Arc;

use axum::extract::Path;
use axum::{Router, routing::get};
use gusset::log::LogLayer;
use gusset::opentelemetry::{
    LoggerSink, MeterRecorder, OpenTelemetryContext, SharedSpanProcessor, SpanProcessorSink,
};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{EnvFilter, prelude::*};

/// The libraries of the exporter: their own events would cause the next export.
const EXPORTER: &str = "hyper=off,h2=off,tonic=off,tower=off,opentelemetry_sdk=off";

async fn user(Path(id): Path<u32>) -> String {
    // As a library does that uses the API of OpenTelemetry.
    let span = global::tracer("store").start("load user");
    let _current = Context::current_with_span(span).attach();
    tracing::info!(id, "found the user");
    format!("user {id}\n")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What the service has. Only the processor of spans is shared.
    let spans = SpanExporter::builder().with_tonic().build()?;
    let spans = SharedSpanProcessor::new(BatchSpanProcessor::builder(spans).build());
    let traces = SdkTracerProvider::builder().with_span_processor(spans.clone());
    let traces = traces.build();
    global::set_tracer_provider(traces.clone());
    let metrics = MetricExporter::builder().with_tonic().build()?;
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(metrics);
    let metrics = metrics.build();
    let logs = LogExporter::builder().with_tonic().build()?;
    let logs = SdkLoggerProvider::builder()
        .with_batch_exporter(logs)
        .build();
    let appender = OpenTelemetryTracingBridge::new(&logs);

    // gusset: the access log through its sink, other events through the appender, each once.
    let log = LogLayer::builder().sink(LoggerSink::from_provider(&logs));
    let log = log.export_filter("off,gusset::access=info")?.build()?;
    let others = EnvFilter::try_new(format!("info,gusset::access=off,{EXPORTER}"))?;
    let subscriber = tracing_subscriber::registry().with(log.layer);
    subscriber.with(appender.with_filter(others)).init();
    let sink = SpanProcessorSink::new(spans);
    let gusset = gusset::http()
        .recorder(Arc::new(MeterRecorder::from_provider(&metrics)))
        .trace(|trace| trace.sink(sink).context_bridge(&OpenTelemetryContext))
        .log(|log| log)
        .build()?;

    let app = Router::new()
        .route("/users/{id}", get(user))
        .layer(gusset.layer());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let mut terminate = signal(SignalKind::terminate())?;
    let server = axum::serve(listener, app);
    let end = async move { terminate.recv().await.unwrap_or_default() };
    server.with_graceful_shutdown(end).await?;
    traces.shutdown()?;
    logs.shutdown()?;
    Ok(metrics.shutdown()?)
}
