//! The order of layers. Each order is a process of its own, because a wrong one is logged once in a
//! process.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::Gusset;
use gusset::http::{GrpcServerClassifier, Http, RequestIdLayer};
use gusset_core::ObserveLayer;
use gusset_metrics::RpcMetrics;
use gusset_testkit::SharedOutput;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tower_http::timeout::TimeoutLayer;

const WARNING_OF_REQUEST_ID: &str = "`RequestIdLayer` is inside of a layer";
const WARNING_OF_GRPC_WEB: &str = "a gRPC-Web response is observed";

/// Runs a test of this file in a process of its own. Returns `false` in that process.
fn in_own_process(test: &str) -> bool {
    const VARIABLE: &str = "GUSSET_TEST_OF_ORDER";
    if std::env::var_os(VARIABLE).is_some() {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let status = command
        .args([test, "--exact"])
        .env(VARIABLE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{test}");
    true
}

fn set_up() -> (Gusset, SharedOutput) {
    let output = SharedOutput::default();
    let out = output.clone();
    let gusset = gusset::builder()
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .without_health()
        .without_management()
        .build_with(|_| None)
        .unwrap();
    (gusset, output)
}

/// Calls the service to the end, three times. Returns the status, and the log.
async fn call<B>(
    service: impl tower::Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    (gusset, output): &(Gusset, SharedOutput),
) -> (StatusCode, Vec<Value>)
where
    B: http_body::Body<Data = bytes::Bytes, Error: std::error::Error + Send + Sync>
        + Send
        + 'static,
{
    let mut status = StatusCode::OK;
    for _ in 0..3 {
        let request = Request::post("/").body(Body::empty()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        status = response.status();
        let body = Body::new(response.into_body());
        axum::body::to_bytes(body, usize::MAX).await.unwrap();
    }
    assert!(gusset.flush(Duration::from_secs(30)));
    let lines = output.lines();
    let entries = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    (status, entries.collect())
}

/// Returns how many entries begin with this text.
fn count(entries: &[Value], text: &str) -> usize {
    let messages = entries.iter().filter_map(|entry| entry["message"].as_str());
    messages.filter(|message| message.starts_with(text)).count()
}

fn access(entries: &[Value]) -> Vec<&Value> {
    let is_access = |entry: &&Value| entry["target"] == "gusset::access";
    entries.iter().filter(is_access).collect()
}

fn router() -> Router {
    Router::new().route("/", get(async || "hello").post(async || "hello"))
}

#[tokio::test]
async fn request_id_inside_of_the_observers_is_warned_of_once() {
    if in_own_process("request_id_inside_of_the_observers_is_warned_of_once") {
        return;
    }
    let set_up = set_up();
    let server = set_up.0.telemetry().http().build().unwrap();
    let app = router().layer(RequestIdLayer::new()).layer(server.layer());
    let dispatch = set_up.0.telemetry().dispatch().clone();
    let _default = gusset_testkit::set_subscriber(dispatch);
    let (_, entries) = call(app, &set_up).await;
    assert_eq!(count(&entries, WARNING_OF_REQUEST_ID), 1, "{entries:?}");
}

#[tokio::test]
async fn span_around_the_service_is_not_warned_of() {
    if in_own_process("span_around_the_service_is_not_warned_of") {
        return;
    }
    let set_up = set_up();
    let app = router().layer(set_up.0.http());
    let dispatch = set_up.0.telemetry().dispatch().clone();
    let _default = gusset_testkit::set_subscriber(dispatch);
    // As that of a runtime of functions: it is current, and observes no request. The ids are those that
    // an exporter would make.
    let ids = gusset::SpanIds::new([1; 16], [2; 8], true);
    let service = service_fn(move |request: Request<Body>| {
        let call = ids.scope(|| app.clone().call(request));
        async move {
            let mut call = std::pin::pin!(call);
            std::future::poll_fn(|cx| ids.scope(|| call.as_mut().poll(cx))).await
        }
    });
    let (_, entries) = call(service, &set_up).await;
    assert_eq!(count(&entries, WARNING_OF_REQUEST_ID), 0, "{entries:?}");
    assert_eq!(access(&entries).len(), 3);
}

#[tokio::test]
async fn request_id_outside_of_the_observers_is_not_warned_of() {
    if in_own_process("request_id_outside_of_the_observers_is_not_warned_of") {
        return;
    }
    let set_up = set_up();
    let server = set_up.0.telemetry().http().build().unwrap();
    // Also if a nested router has another one inside.
    let inner = router().layer(RequestIdLayer::new());
    let app = inner.layer(server.layer()).layer(RequestIdLayer::new());
    let dispatch = set_up.0.telemetry().dispatch().clone();
    let _default = gusset_testkit::set_subscriber(dispatch);
    let (_, entries) = call(app, &set_up).await;
    assert_eq!(count(&entries, WARNING_OF_REQUEST_ID), 0, "{entries:?}");
    assert_eq!(access(&entries).len(), 3);
}

#[tokio::test]
async fn one_layer_has_the_request_id_in_any_order() {
    if in_own_process("one_layer_has_the_request_id_in_any_order") {
        return;
    }
    let apps: [fn(&Gusset) -> Router; 2] = [
        |gusset| router().layer(RequestIdLayer::new()).layer(gusset.http()),
        |gusset| router().layer(gusset.http()).layer(RequestIdLayer::new()),
    ];
    for app in apps {
        let set_up = set_up();
        let (_, entries) = call(app(&set_up.0), &set_up).await;
        assert_eq!(count(&entries, WARNING_OF_REQUEST_ID), 0, "{entries:?}");
        let access = access(&entries);
        assert_eq!(access.len(), 3);
        for entry in access {
            assert!(entry["request_id"].is_string(), "{entry}");
        }
    }
}

/// Returns a router that never responds.
fn slow_router() -> Router {
    let slow = async || std::future::pending::<()>().await;
    Router::new().route("/", axum::routing::post(slow))
}

fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(1))
}

#[tokio::test]
async fn response_of_a_timeout_inside_is_observed() {
    let set_up = set_up();
    let app = slow_router().layer(timeout()).layer(set_up.0.http());
    let (status, entries) = call(app, &set_up).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    let access = access(&entries);
    assert_eq!(access.len(), 3);
    assert_eq!(access[0]["http.response.status_code"], 408, "{}", access[0]);
}

#[tokio::test]
async fn call_that_a_timeout_outside_ends_is_cancelled() {
    let set_up = set_up();
    let app = slow_router().layer(set_up.0.http()).layer(timeout());
    let (_, entries) = call(app, &set_up).await;
    let access = access(&entries);
    assert_eq!(access.len(), 3);
    assert_eq!(access[0]["gusset.outcome"], "cancelled", "{}", access[0]);
}

#[tokio::test]
async fn grpc_web_inside_of_the_observers_is_warned_of_once() {
    if in_own_process("grpc_web_inside_of_the_observers_is_warned_of_once") {
        return;
    }
    let set_up = set_up();
    let metrics = RpcMetrics::server(set_up.0.telemetry().registry())
        .build()
        .unwrap();
    let observe = ObserveLayer::<Http<GrpcServerClassifier>, _>::new(metrics);
    // As `GrpcWebLayer` responds.
    let web = service_fn(async |_: Request<Body>| {
        let response = Response::builder().header("content-type", "application/grpc-web");
        Ok::<_, Infallible>(response.body(Body::empty()).unwrap())
    });
    let dispatch = set_up.0.telemetry().dispatch().clone();
    let _default = gusset_testkit::set_subscriber(dispatch);
    let (_, entries) = call(observe.layer(web), &set_up).await;
    assert_eq!(count(&entries, WARNING_OF_GRPC_WEB), 1, "{entries:?}");
}
