use axum::{Router, routing::get};
use axum_prometheus::PrometheusMetricLayer;

#[tokio::main]
pub async fn main() -> std::io::Result<()> {
    let (layer, handle) = PrometheusMetricLayer::pair();
    let app = Router::new()
        .route("/users/{id}", get(async || "a user"))
        .route("/metrics", get(async move || handle.render()))
        .layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await
}
