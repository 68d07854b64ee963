use std::error::Error;
use std::time::Duration;

use axum::{Router, routing::get};
use axum_otel_metrics::HttpMetricsLayerBuilder;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let exporter = MetricExporter::builder().with_http().build()?;
    let reader = PeriodicReader::builder(exporter)
        .with_interval(Duration::from_secs(30))
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let metrics = HttpMetricsLayerBuilder::new()
        .with_provider(provider.clone())
        .build();
    let app = Router::new()
        .route("/users/{id}", get(async || "a user"))
        .layer(metrics);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let ctrl_c = async { tokio::signal::ctrl_c().await.expect("a signal handler") };
    axum::serve(listener, app)
        .with_graceful_shutdown(ctrl_c)
        .await?;
    provider.shutdown()?;
    Ok(())
}
