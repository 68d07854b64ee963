//! A server with logs, traces, metrics, health, management server and OTLP.

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let app = Router::new()
        .route("/items/{id}", get(|| async { "item" }))
        .layer(gusset.http());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
