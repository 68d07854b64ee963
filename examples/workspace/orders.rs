//! One of two services in a workspace: see `telemetry.rs`. It calls the other one.
//!
//! `cargo run --example workspace_payments` on another management port
//! (`OTEL_EXPORTER_PROMETHEUS_PORT=9465`), then `cargo run --example workspace_orders` and
//! `curl -X POST 127.0.0.1:3000/orders`.

mod telemetry;

use axum::http::{Request, StatusCode};
use axum::{Router, body::Body, routing::post};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _};

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = telemetry::init("orders")?;
    let client = ServiceBuilder::new()
        .layer(gusset.http_client())
        .service(Client::builder(TokioExecutor::new()).build_http::<Body>());
    let payments = std::env::var("PAYMENTS").unwrap_or_else(|_| "http://127.0.0.1:3001".to_owned());
    let order = async move || {
        let request = Request::post(format!("{payments}/charges")).body(Body::empty());
        let request = request.expect("the address is valid");
        match client.oneshot(request).await {
            Ok(response) => response.status(),
            Err(_) => StatusCode::BAD_GATEWAY,
        }
    };
    let app = Router::new()
        .route("/orders", post(order))
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
