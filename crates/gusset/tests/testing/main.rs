//! The capture with which a service tests its telemetry.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod separate;
mod signals;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use gusset::Gusset;
use http::Request;
use tower::ServiceExt as _;

/// Builds the service.
fn app(gusset: &Gusset) -> Router {
    let user = async || {
        tracing::info!("found the user");
        let span = tracing::info_span!("query");
        span.in_scope(|| tracing::debug!("not logged by default"));
        metrics::counter!("users.found", "kind" => "member").increment(2);
        "a user"
    };
    let broken = async || http::StatusCode::INTERNAL_SERVER_ERROR;
    Router::new()
        .route("/users/{id}", get(user))
        .route("/broken", get(broken))
        .route("/internal/{id}", get(|| async { "excluded" }))
        .layer(gusset.http())
}

async fn send(app: &Router, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

/// Sends a request and reads the response to its end.
async fn call(app: &Router, path: &str) {
    let body = send(app, path).await.into_body();
    axum::body::to_bytes(body, usize::MAX).await.unwrap();
}
