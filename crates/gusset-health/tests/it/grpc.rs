//! The messages of `grpc.health.v1`.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_health::{GrpcHealth, GrpcHealthBody, LocalDependency};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use proptest::prelude::*;
use tower_service::Service as _;

use crate::support::{SECOND, TestCheck, Time, settle};

const SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 1];
const NOT_SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 2];
const SERVICE_UNKNOWN: &[u8] = &[0, 0, 0, 0, 2, 8, 3];

fn request(method: &str, message: &[u8]) -> Request<Full<Bytes>> {
    let mut body = vec![0, 0, 0, 0, message.len() as u8];
    body.extend_from_slice(message);
    Request::post(format!("/grpc.health.v1.Health/{method}"))
        .header("content-type", "application/grpc")
        .body(Full::from(body))
        .unwrap()
}

fn check_request(service: &str) -> Vec<u8> {
    let mut message = vec![0x0a, service.len() as u8];
    message.extend_from_slice(service.as_bytes());
    message
}

fn send(grpc: &GrpcHealth, request: Request<Full<Bytes>>) -> Response<GrpcHealthBody> {
    let future = pin!(grpc.clone().call(request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("the service must not wait"),
    }
}

/// Returns the message and the status of a unary call.
async fn call(grpc: &GrpcHealth, method: &str, message: &[u8]) -> (Vec<u8>, String) {
    let response = send(grpc, request(method, message));
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let from_headers = response.headers().get("grpc-status").cloned();
    let collected = response.into_body().collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = from_headers.unwrap_or_else(|| trailers["grpc-status"].clone());
    (
        collected.to_bytes().to_vec(),
        status.to_str().unwrap().to_owned(),
    )
}

/// Returns the next message of a stream, if it is available.
async fn next(body: &mut GrpcHealthBody) -> Option<Vec<u8>> {
    settle().await;
    poll_fn(|cx| match Pin::new(&mut *body).poll_frame(cx) {
        Poll::Ready(Some(Ok(frame))) => Poll::Ready(frame.into_data().ok().map(Vec::from)),
        _ => Poll::Ready(None),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn overall_status_follows_the_life_cycle() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let grpc = health.grpc().service("shop.v1.Cart").unwrap();
    let _runtime = health.start().unwrap();
    let life = health.lifecycle();
    type Step = (fn(&gusset_health::Lifecycle), &'static [u8]);
    let steps: [Step; 5] = [
        (|_| {}, NOT_SERVING),
        (|life| life.mark_started(), SERVING),
        (|life| life.set_unready("manual"), NOT_SERVING),
        (|life| life.clear_unready(), SERVING),
        // A shutdown cannot be undone.
        (
            |life| {
                life.begin_shutdown();
                life.mark_started();
                life.clear_unready();
            },
            NOT_SERVING,
        ),
    ];
    for (step, expected) in steps {
        step(life);
        for service in ["", "readiness", "shop.v1.Cart"] {
            let (message, status) = call(&grpc, "Check", &check_request(service)).await;
            assert_eq!((&*message, &*status), (expected, "0"), "{service}");
        }
        let (message, _) = call(&grpc, "Check", &check_request("liveness")).await;
        assert_eq!(message, SERVING);
    }
    assert_eq!(
        call(&grpc, "Check", b"").await.0,
        NOT_SERVING,
        "a missing field is the overall status"
    );
}

#[tokio::test(start_paused = true)]
async fn check_of_unknown_service_is_not_found() {
    let grpc = Time::new().builder().build().unwrap().grpc();
    assert_eq!(
        call(&grpc, "Check", &check_request("unknown")).await,
        (vec![], "5".to_owned())
    );
    assert_eq!(call(&grpc, "Chek", b"").await.1, "12");
    assert_eq!(call(&grpc, "Check", b"\x0a\x7f").await.1, "3");
}

#[tokio::test(start_paused = true)]
async fn list_contains_all_services() {
    let grpc = Time::new().builder().build().unwrap().grpc();
    let grpc = grpc.service("shop").unwrap();
    let (message, status) = call(&grpc, "List", b"").await;
    assert_eq!(status, "0");
    let text = String::from_utf8_lossy(&message);
    for name in ["liveness", "readiness", "shop"] {
        assert!(text.contains(name), "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn watch_sends_each_change_once() {
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .drain_delay(5 * SECOND)
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    let mut watch = send(&health.grpc(), request("Watch", b"")).into_body();
    assert_eq!(next(&mut watch).await.unwrap(), NOT_SERVING);
    assert_eq!(next(&mut watch).await, None);
    health.lifecycle().mark_started();
    assert_eq!(next(&mut watch).await.unwrap(), SERVING);
    time.pass(5 * SECOND).await;
    assert_eq!(next(&mut watch).await, None, "sent once");
    check.down();
    time.pass(4 * SECOND).await;
    assert_eq!(next(&mut watch).await.unwrap(), NOT_SERVING);
    check.up();
    time.pass(10 * SECOND).await;
    assert_eq!(next(&mut watch).await.unwrap(), SERVING);
    health.lifecycle().begin_shutdown();
    assert_eq!(next(&mut watch).await.unwrap(), NOT_SERVING);
    assert!(!watch.is_end_stream());
    time.pass(5 * SECOND).await;
    let end = watch.collect().await.unwrap();
    assert_eq!(end.trailers().unwrap()["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn watch_of_unknown_service_stays_open() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let _runtime = health.start().unwrap();
    let mut watch = send(&health.grpc(), request("Watch", &check_request("unknown"))).into_body();
    assert_eq!(next(&mut watch).await.unwrap(), SERVICE_UNKNOWN);
    health.lifecycle().mark_started();
    time.pass(60 * SECOND).await;
    assert_eq!(next(&mut watch).await, None);
    assert!(!watch.is_end_stream());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_gets_a_status(
        method in "Check|Watch|List|[a-zA-Z]{0,8}",
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        framed in any::<bool>(),
    ) {
        let grpc = Time::new().builder().build().unwrap().grpc();
        let request = if framed {
            request(&method, &bytes)
        } else {
            Request::post(format!("/grpc.health.v1.Health/{method}"))
                .header("content-type", "application/grpc")
                .body(Full::from(bytes))
                .unwrap()
        };
        let response = send(&grpc, request);
        prop_assert_eq!(response.status(), 200);
        if let Some(status) = response.headers().get("grpc-status") {
            let status = status.to_str().unwrap();
            prop_assert!(["3", "5", "12"].contains(&status), "{}", status);
        } else {
            let mut body = response.into_body();
            let cx = &mut Context::from_waker(Waker::noop());
            // The first frame is a message.
            let frame = Pin::new(&mut body).poll_frame(cx);
            prop_assert!(matches!(frame, Poll::Ready(Some(Ok(frame))) if frame.is_data()));
        }
    }
}

#[test]
fn invalid_service_names_are_rejected() {
    let grpc = || Time::new().builder().build().unwrap().grpc();
    for name in ["", "liveness", "readiness"] {
        let error = grpc().service(name).unwrap_err();
        assert_eq!(error.setting(), format!("grpc.service.{name}"));
    }
    let twice = grpc().service("a").unwrap().service("a");
    assert_eq!(twice.unwrap_err().setting(), "grpc.service.a");
}

#[test]
fn non_grpc_and_large_requests_are_rejected() {
    let grpc = Time::new().builder().build().unwrap().grpc();
    let response = send(&grpc, Request::new(Full::default()));
    assert_eq!(response.status(), 415);
    let long = Request::post("/grpc.health.v1.Health/Check")
        .header("content-type", "application/grpc+proto")
        .body(Full::from(vec![0; 5000]))
        .unwrap();
    assert_eq!(send(&grpc, long).headers()["grpc-status"], "8");
}

#[cfg(feature = "tonic")]
#[test]
fn tonic_router_accepts_the_service() {
    use std::convert::Infallible;

    use tonic::server::NamedService;

    /// Has the bounds of `tonic::service::Routes::add_service`.
    fn add_service<S>(_: S) -> &'static str
    where
        S: tower_service::Service<Request<tonic::body::Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        S::NAME
    }
    let grpc = Time::new().builder().build().unwrap().grpc();
    assert_eq!(add_service(grpc), "grpc.health.v1.Health");
}
