//! gRPC and HTTP on one port.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use gusset::http::GrpcOrHttpLayer;
use http::{Request, Response};
use tower::ServiceExt as _;

use crate::set_up;

#[tokio::test]
async fn layers_for_grpc_and_http_share_a_router() {
    let (gusset, _) = set_up();
    let respond = async || {
        let response = Response::builder().header("content-type", "application/grpc");
        let response = response.header("grpc-status", "0").body(Body::empty());
        response.unwrap()
    };
    let app = Router::new()
        .route("/users/{id}", get(async || "a user"))
        .route("/test.Users/Get", post(respond))
        .layer(GrpcOrHttpLayer::new(gusset.grpc(), gusset.http()));
    let requests = [
        Request::get("/users/7"),
        Request::post("/test.Users/Get").header("content-type", "application/grpc"),
    ];
    for request in requests {
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        let body = response.into_body();
        axum::body::to_bytes(body, usize::MAX).await.unwrap();
    }
    let page = gusset.telemetry().prometheus().endpoint().render();
    let count = |metric: &str| {
        let lines = page.lines().filter(|line| line.starts_with(metric));
        lines.count()
    };
    assert_eq!(
        count("http_server_request_duration_seconds_count"),
        1,
        "{page}"
    );
    assert_eq!(count("rpc_server_call_duration_seconds_count"), 1, "{page}");
}
