//! A server with log lines, and spans over OTLP, by tracing-opentelemetry.

use axum::{Router, routing::get};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("server"));
    tracing_subscriber::registry()
        .with(tracing_subscriber::EnvFilter::from_default_env())
        .with(tracing_subscriber::fmt::layer().json())
        .with(spans)
        .init();
    let app = Router::new().route("/items/{id}", get(|| async { "item" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(axum::serve(listener, app).await?)
}
