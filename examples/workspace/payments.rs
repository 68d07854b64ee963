//! One of two services in a workspace: see `telemetry.rs`.
//!
//! `cargo run --example workspace_payments`

mod telemetry;

use axum::{Router, routing::post};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = telemetry::init("payments")?;
    let charge = async || tracing::info!("charged");
    let app = Router::new()
        .route("/charges", post(charge))
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3001".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
