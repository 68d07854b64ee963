//! A server with metrics and their endpoint.

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gusset = gusset::http().build()?;
    let app = Router::new()
        .route("/items/{id}", get(|| async { "item" }))
        .layer(gusset.layer())
        .route_service("/metrics", gusset.metrics_endpoint());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(axum::serve(listener, app).await?)
}
