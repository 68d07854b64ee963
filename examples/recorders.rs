//! The recorder that a service has already: metrics-exporter-prometheus serves the metrics of gusset and those
//! of the service on one page.
//!
//! `cargo run --example recorders`, then `curl 127.0.0.1:3000/users/7` and `curl 127.0.0.1:3000/metrics`.

use std::sync::Arc;

use axum::extract::Path;
use axum::{Router, routing::get};
use gusset::log::LogLayer;
use gusset::metrics::GlobalRecorder;
use metrics::counter;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The boundaries of the semantic conventions, and some for bodies. The facade of `metrics` has none.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const BYTES: [f64; 7] = [
    0.0,
    64.0,
    1024.0,
    16384.0,
    262_144.0,
    4_194_304.0,
    67_108_864.0,
];

async fn user(Path(id): Path<u32>) -> String {
    counter!("users_found").increment(1);
    format!("user {id}\n")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let log = LogLayer::builder().build()?;
    tracing_subscriber::registry().with(log.layer).init();

    // Whatever recorder is global then, also if it is installed later.
    let metrics = Arc::new(GlobalRecorder::new());
    let gusset = gusset::http().recorder(metrics);
    let gusset = gusset.log(|log| log).build()?;
    let page = PrometheusBuilder::new()
        .with_recommended_naming(true)
        .set_buckets_for_metric(Matcher::Suffix("size".to_owned()), &BYTES)?
        .set_buckets(&SECONDS)?
        .install_recorder()?;

    let app = Router::new()
        .route("/users/{id}", get(user))
        .layer(gusset.layer())
        // After the layer, so that scrapes are not measured.
        .route("/metrics", get(async move || page.render()));
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let mut terminate = signal(SignalKind::terminate())?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            terminate.recv().await;
        })
        .await?;
    drop(log.flush_guard);
    Ok(())
}
