use axum::{Router, extract::Request, routing::get};
use tower::ServiceBuilder;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

#[tokio::main]
pub async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter("info")
        .init();
    let header = axum::http::HeaderName::from_static("x-request-id");
    let span = |request: &Request| {
        let id = request.headers().get("x-request-id");
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), ?id)
    };
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(header.clone(), MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
        .layer(PropagateRequestIdLayer::new(header));
    let app = Router::new()
        .route("/users/{id}", get(async || "a user"))
        .layer(layers);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let ctrl_c = async { tokio::signal::ctrl_c().await.expect("a signal handler") };
    axum::serve(listener, app)
        .with_graceful_shutdown(ctrl_c)
        .await
}
