//! A layer that is put on twice observes a request once, and a call within a call is another call.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/capture.rs"]
mod capture;

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::kind::ServiceKind;
use gusset_data::{Metric, MetricData};
use gusset_testkit::RecordingObserver;
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt as _, service_fn};

use crate::capture::{Capture, Captured, metrics};

const SERVER: &str = "http.server";
const CLIENT: &str = "http.client";

fn request(path: &str) -> Request<Body> {
    let req = Request::get(path).header("host", "a.example");
    req.body(Body::empty()).unwrap()
}

/// Runs a future that is ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should be ready"),
    }
}

fn read_to_end(body: impl http_body::Body) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut cx) {}
}

/// Sends a request to a service, and reads the response.
fn send<S, B>(capture: &Capture, service: S, path: &str)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    capture.run(|| {
        let Ok(res) = now(service.oneshot(request(path)));
        assert_eq!(res.status(), 200, "{path}");
        read_to_end(res.into_body());
    });
}

/// Returns the number of values of a histogram, or the sum of a counter or gauge, over all series.
fn total(metrics: &[Metric], name: &str) -> u64 {
    let Some(metric) = metrics.iter().find(|metric| metric.name == name) else {
        return 0;
    };
    match &metric.data {
        MetricData::Histogram(points) => points.iter().flat_map(|point| &point.counts).sum(),
        MetricData::Counter(points) | MetricData::UpDownCounter(points) => {
            points.iter().map(|point| point.value as u64).sum()
        }
        data => panic!("{name} has no total: {data:?}"),
    }
}

/// Asserts the number of calls in each signal, and that none is in flight.
fn assert_calls<K: ServiceKind>(capture: &Capture, gusset: &Captured<K>, side: &str, calls: usize) {
    assert_eq!(capture.take_entries().len(), calls, "log entries");
    assert_eq!(capture.take_spans().len(), calls, "spans");
    assert_eq!(capture.recorder.calls().len(), calls, "custom observer");
    let metrics = metrics(gusset);
    for name in [
        format!("{side}.request.duration"),
        format!("gusset.{side}.outcomes"),
    ] {
        assert_eq!(total(&metrics, &name), calls as u64, "{name}");
    }
    assert_in_flight(&capture.recorder, gusset, side, 0);
}

fn assert_in_flight<K: ServiceKind>(
    recorder: &RecordingObserver,
    gusset: &Captured<K>,
    side: &str,
    calls: usize,
) {
    assert_eq!(recorder.in_flight(), calls, "custom observer");
    let active = format!("{side}.active_requests");
    assert_eq!(total(&metrics(gusset), &active), calls as u64, "{active}");
}

/// Returns a capture, an instrumented server, and a handler that asserts the calls in flight.
fn server(
    in_flight: usize,
) -> (
    Capture,
    Captured<gusset::kind::HttpServer>,
    impl Fn() -> &'static str + Clone + Send + Sync + 'static,
) {
    let capture = Capture::new();
    let gusset = capture.build(gusset::http());
    let (recorder, instrumented) = (capture.recorder.clone(), gusset.clone());
    let handle = move || {
        assert_in_flight(&recorder, &instrumented, SERVER, in_flight);
        "an item"
    };
    (capture, gusset, handle)
}

#[test]
fn layer_put_on_twice_counts_once() {
    let (capture, gusset, handle) = server(1);
    let service = service_fn(move |_: Request<Body>| {
        let res = Response::new(handle().to_owned());
        async move { Ok::<_, Infallible>(res) }
    });
    let layer = gusset.layer();
    let service = layer.layer(layer.layer(service));
    for (calls, path) in [(1, "/items/1"), (2, "/")] {
        send(&capture, service.clone(), path);
        assert_eq!(capture.recorder.calls().len(), calls);
    }
    assert_calls(&capture, &gusset, SERVER, 2);
}

#[test]
fn router_layer_put_on_twice_counts_once() {
    let (capture, gusset, handle) = server(1);
    let handle = move || async move { handle() };
    let app = Router::new()
        .route("/items/{id}", get(handle.clone()))
        .route("/", get(handle))
        .layer(gusset.layer())
        .layer(gusset.layer());
    send(&capture, app.clone(), "/items/1");
    send(&capture, app, "/");
    assert_calls(&capture, &gusset, SERVER, 2);
}

#[test]
fn layer_of_nested_router_counts_once() {
    let (capture, gusset, handle) = server(1);
    let handle = move || async move { handle() };
    let inner = Router::new()
        .route("/items/{id}", get(handle.clone()))
        .route("/", get(handle))
        .layer(gusset.layer());
    let app = Router::new()
        .nest("/inner", Router::new().nest("/more", inner.clone()))
        .nest("/shop", inner)
        .layer(gusset.layer());
    let paths = [
        "/shop",
        "/shop/items/1",
        "/inner/more",
        "/inner/more/items/1",
    ];
    for path in paths {
        send(&capture, app.clone(), path);
    }
    assert_calls(&capture, &gusset, SERVER, paths.len());
}

#[test]
fn call_to_own_router_is_another_call() {
    let (capture, gusset, handle) = server(2);
    let app = Arc::new(OnceLock::<Router>::new());
    let own = app.clone();
    let outer = move || async move {
        let router = own.get().unwrap().clone();
        let Ok(res) = router.oneshot(request("/items/1")).await;
        read_to_end(res.into_body());
        "an order"
    };
    let router = Router::new()
        .route("/items/{id}", get(move || async move { handle() }))
        .route("/orders", get(outer))
        .layer(gusset.layer())
        .layer(gusset.layer());
    let router = app.get_or_init(|| router).clone();
    send(&capture, router, "/orders");
    assert_calls(&capture, &gusset, SERVER, 2);
}

#[test]
fn client_layer_put_on_twice_counts_once() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::http_client());
    let remote = service_fn(async |_: Request<Body>| Ok(Response::new(String::from("an item"))));
    let client = gusset.layer().layer(gusset.layer().layer(remote));
    send(&capture, client, "http://a.example/items/1");
    assert_calls(&capture, &gusset, CLIENT, 1);
}

#[test]
fn client_call_within_a_client_call_is_another_call() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::http_client());
    let (recorder, instrumented) = (capture.recorder.clone(), gusset.clone());
    let remote = service_fn(move |_: Request<Body>| {
        assert_in_flight(&recorder, &instrumented, CLIENT, 2);
        async { Ok::<_, Infallible>(Response::new(String::from("a token"))) }
    });
    let tokens = gusset.layer().layer(remote);
    // Gets a token before it sends a request.
    let authorized = service_fn(move |_: Request<Body>| {
        let tokens = tokens.clone();
        async move {
            let res = tokens.oneshot(request("http://a.example/token")).await?;
            read_to_end(res.into_body());
            Ok::<_, Infallible>(Response::new(String::from("an item")))
        }
    });
    let client = gusset.layer().layer(authorized);
    send(&capture, client, "http://a.example/items/1");
    assert_calls(&capture, &gusset, CLIENT, 2);
}

#[test]
fn client_call_within_a_server_call_is_another_call() {
    let capture = Capture::new();
    let server = capture.build(gusset::http());
    let client = gusset::http_client().prometheus(server.prometheus());
    let client = capture.build(client);
    let remote = service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(String::from("a part")))
    });
    let remote = client.layer().layer(remote);
    let handler = service_fn(move |req: Request<Body>| {
        let remote = remote.clone();
        async move {
            let Ok(res) = remote.oneshot(req).await;
            read_to_end(res.into_body());
            Ok::<_, Infallible>(Response::new(String::from("the whole")))
        }
    });
    send(
        &capture,
        server.layer().layer(handler),
        "http://a.example/items/1",
    );
    assert_eq!(capture.take_entries().len(), 2);
    assert_eq!(capture.take_spans().len(), 2);
    let metrics = metrics(&server);
    for side in [SERVER, CLIENT] {
        assert_eq!(
            total(&metrics, &format!("{side}.request.duration")),
            1,
            "{side}"
        );
    }
}
