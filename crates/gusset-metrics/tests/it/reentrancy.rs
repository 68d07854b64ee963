//! A request that passes two layers is recorded once, another request within it as well, and metrics of
//! the service itself can use the recorder.

use gusset_core::{ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier};
use gusset_metrics::HttpMetrics;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

fn call_through<A: Observer<Http>, B: Observer<Http>>(
    outer: &ObserveLayer<Http, A>,
    inner: &ObserveLayer<Http, B>,
) {
    let mut service = outer.layer(inner.layer(FnService(|_: Request<()>| hello())));
    let Ok(res) = ready(service.call(get("/a")));
    read_to_end(res.into_body());
}

#[test]
fn call_through_two_layers_is_recorded_once() {
    let recorder = TestRecorder::new();
    let one = layer(recorder.server().build().unwrap());
    call_through(&one, &one);
    let snapshot = recorder.snapshot();
    assert_eq!(
        (
            snapshot.count(DURATION),
            snapshot.sum("http.server.active_requests")
        ),
        (1, 0.0)
    );

    let other = layer(recorder.server().build().unwrap());
    call_through(&one, &other);
    assert_eq!(
        recorder.snapshot().count(DURATION),
        1,
        "also if the layers were built separately"
    );
}

#[test]
fn call_after_a_panic_is_recorded() {
    let recorder = TestRecorder::new();
    let one = layer(recorder.server().build().unwrap());
    let mut service = one.layer(FnService(|_: Request<()>| -> Response<ScriptedBody> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    let call = std::panic::AssertUnwindSafe(|| ready(service.call(get("/a"))).is_ok());
    assert!(std::panic::catch_unwind(call).is_err());
    exchange(&one, get("/a"), hello());
    assert_eq!(recorder.snapshot().count(DURATION), 2);
}

#[test]
fn layers_with_different_recorders_both_record() {
    let (one, other) = (TestRecorder::new(), TestRecorder::new());
    call_through(
        &layer(one.server().build().unwrap()),
        &layer(other.server().build().unwrap()),
    );
    assert_eq!(
        (
            one.snapshot().count(DURATION),
            other.snapshot().count(DURATION)
        ),
        (1, 1)
    );
}

#[test]
fn client_call_inside_a_server_call_is_recorded() {
    let recorder = TestRecorder::new();
    let server = layer(recorder.server().build().unwrap());
    let client = HttpMetrics::client(recorder.recorder.clone())
        .build()
        .unwrap();
    let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(client);
    let mut service = server.layer(FnService(|_: Request<()>| {
        let out = Request::builder()
            .uri("https://pay.example/x?token=1")
            .body(())
            .unwrap();
        exchange(&client, out, with_status(404));
        hello()
    }));
    let Ok(res) = ready(service.call(get("/a")));
    read_to_end(res.into_body());

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count(DURATION), 1);
    assert_eq!(
        snapshot.one("http.client.request.duration").labels,
        [
            "error.type=404",
            "http.request.method=GET",
            "http.response.status_code=404",
            "network.protocol.version=1.1",
            "server.address=pay.example",
            "server.port=443",
        ]
    );
    assert_eq!(snapshot.sum("http.client.active_requests"), 0.0);
}

#[test]
fn local_recorder_is_optional() {
    for (enabled, count) in [(true, 1), (false, 0)] {
        let recorder = TestRecorder::new();
        let builder = recorder.server();
        let builder = if enabled {
            builder.with_local_recorder()
        } else {
            builder
        };
        let layer = layer(builder.build().unwrap());
        let mut service = layer.layer(FnService(|_: Request<()>| {
            metrics::counter!("orders").increment(1);
            hello()
        }));
        let Ok(res) = ready(service.call(get("/a")));
        read_to_end(res.into_body());
        assert_eq!(recorder.snapshot().all("orders").len(), count);
    }
}

#[test]
fn request_of_a_handler_through_its_own_layer_is_recorded() {
    let recorder = TestRecorder::new();
    let server = layer(recorder.server().build().unwrap());
    let inner = server.clone();
    let request = |path: &'static str| {
        let mut req = get(path);
        *req.uri_mut() = path.parse().unwrap();
        req
    };
    let mut service = server.layer(FnService(move |_: Request<()>| {
        exchange(&inner, request("/b"), hello());
        hello()
    }));
    let Ok(res) = ready(service.call(request("/a")));
    read_to_end(res.into_body());
    let snapshot = recorder.snapshot();
    for route in ["http.route=/a", "http.route=/b"] {
        let all = snapshot.all(DURATION);
        assert!(all.iter().any(|series| series.has(route)), "{all:?}");
    }
    assert_eq!(snapshot.sum("http.server.active_requests"), 0.0);
}

#[test]
fn call_made_within_a_call_is_recorded() {
    let recorder = TestRecorder::new();
    let client = HttpMetrics::client(recorder.recorder.clone())
        .build()
        .unwrap();
    let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(client);
    let inner = client.clone();
    // A layer in between fetches a token through the same instrumented client.
    let mut service = client.layer(FnService(move |_: Request<()>| {
        let token = Request::post("https://auth.example/token")
            .body(())
            .unwrap();
        exchange(&inner, token, hello());
        hello()
    }));
    let request = Request::get("https://pay.example/charges")
        .body(())
        .unwrap();
    let Ok(res) = ready(service.call(request));
    read_to_end(res.into_body());
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count("http.client.request.duration"), 2);
    assert_eq!(snapshot.sum("http.client.active_requests"), 0.0);
}
