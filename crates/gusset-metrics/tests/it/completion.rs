//! Every call is recorded once, however it completes, and the number of active calls returns to zero.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use gusset_testkit::ScriptedBody;
use http::{Method, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";
const SIZE: &str = "http.server.response.body.size";
const TIME_TO_HEADERS: &str = "gusset.http.server.time_to_headers";
const STREAM: &str = "gusset.http.server.stream.duration";
const OUTCOMES: &str = "gusset.http.server.outcomes";

#[test]
fn duration_includes_the_response_body() {
    let recorder = TestRecorder::new();
    let (layer, clock) = with_mock_clock(recorder.server().build().unwrap());
    let mut service = layer.layer(FnService(|_: Request<()>| {
        clock.advance(Duration::from_secs(1));
        Response::new(ScriptedBody::new().data("hello").data(" world"))
    }));
    let Ok(res) = ready(service.call(get("/a")));
    clock.advance(Duration::from_secs(2));
    assert_eq!(recorder.snapshot().sum(ACTIVE), 1.0);
    read_to_end(res.into_body());

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.one(DURATION).values, [3.0]);
    assert_eq!(snapshot.one(TIME_TO_HEADERS).values, [1.0]);
    assert_eq!(snapshot.one(SIZE).values, [11.0]);
    assert_eq!(snapshot.one(ACTIVE).values, [0.0]);
    assert_eq!(snapshot.all(STREAM), []);
    assert!(!snapshot.one(OUTCOMES).has("gusset.outcome=cancelled"));
}

#[test]
fn labels_follow_the_semantic_conventions() {
    let recorder = TestRecorder::new();
    exchange(
        &layer(recorder.server().build().unwrap()),
        get("/items/{id}"),
        hello(),
    );
    let snapshot = recorder.snapshot();
    let labels = [
        "http.request.method=GET",
        "http.response.status_code=200",
        "http.route=/items/{id}",
        "network.protocol.version=1.1",
        "url.scheme=http",
    ];
    for metric in [DURATION, SIZE, TIME_TO_HEADERS] {
        assert_eq!(snapshot.one(metric).labels, labels, "{metric}");
    }
    assert_eq!(
        snapshot.one(ACTIVE).labels,
        ["http.request.method=GET", "url.scheme=http"]
    );
}

#[test]
fn only_server_errors_have_an_error_type() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    for (status, error) in [(503, true), (500, true), (404, false), (302, false)] {
        exchange(&layer, get("/a"), with_status(status));
        let series = recorder
            .snapshot()
            .all(DURATION)
            .into_iter()
            .find(|series| series.has(&format!("http.response.status_code={status}")));
        let series = series.unwrap();
        assert_eq!(
            series.has(&format!("error.type={status}")),
            error,
            "{series:?}"
        );
        assert_eq!(series.has_key("error.type"), error, "{series:?}");
    }
}

#[test]
fn call_cancelled_before_headers_is_not_an_error() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    let mut service = layer.layer(Pending);
    drop(service.call(get("/a")));

    let snapshot = recorder.snapshot();
    let series = snapshot.one(DURATION);
    assert_eq!(series.values.len(), 1);
    assert!(
        !series.has_key("error.type") && !series.has_key("http.response.status_code"),
        "{series:?}"
    );
    let outcome = snapshot.one(OUTCOMES);
    assert_eq!(outcome.values, [1.0]);
    assert!(
        outcome.has("gusset.outcome=cancelled")
            && outcome.has("gusset.stage=headers")
            && outcome.has("http.route=/a"),
        "{outcome:?}"
    );
    assert_eq!(snapshot.sum(ACTIVE), 0.0);
    assert_eq!(
        (snapshot.count(TIME_TO_HEADERS), snapshot.count(SIZE)),
        (0, 0)
    );
}

#[test]
fn call_cancelled_in_body_is_not_an_error() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    let mut service = layer.layer(FnService(|_: Request<()>| hello()));
    let Ok(res) = ready(service.call(get("/a")));
    drop(res);

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count(DURATION), 1);
    assert!(!snapshot.one(DURATION).has_key("error.type"));
    assert!(snapshot.one(OUTCOMES).has("gusset.outcome=cancelled"));
    assert!(snapshot.one(OUTCOMES).has("gusset.stage=body"));
    assert_eq!(snapshot.one(SIZE).values, [0.0]);
    assert_eq!(snapshot.sum(ACTIVE), 0.0);
}

#[test]
fn panic_is_an_error_without_status() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    let mut service = layer.layer(FnService(|_: Request<()>| -> Response<ScriptedBody> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| ready(service.call(get("/a"))).is_ok())).is_err());

    let snapshot = recorder.snapshot();
    assert!(snapshot.one(DURATION).has("error.type=panic"));
    assert!(!snapshot.one(DURATION).has_key("http.response.status_code"));
    assert_eq!(snapshot.sum(ACTIVE), 0.0);
}

#[test]
fn event_stream_has_its_own_duration() {
    let recorder = TestRecorder::new();
    let (layer, clock) = with_mock_clock(recorder.server().build().unwrap());
    let mut service = layer.layer(FnService(|_: Request<()>| {
        clock.advance(Duration::from_secs(1));
        events(ScriptedBody::new().data("data: 1\n\n").pend_forever())
    }));
    let Ok(res) = ready(service.call(get("/events")));
    assert_eq!(
        recorder.snapshot().one(DURATION).values,
        [1.0],
        "recorded at the headers"
    );

    let mut body = pin!(res.into_body());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = http_body::Body::poll_frame(body.as_mut(), &mut cx);
    clock.advance(Duration::from_secs(600));
    assert_eq!(recorder.snapshot().sum(ACTIVE), 1.0);
    body.set(Default::default());

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count(DURATION), 0, "recorded twice");
    assert_eq!(snapshot.one(STREAM).values, [600.0]);
    assert_eq!(snapshot.one(SIZE).values, [9.0]);
    assert_eq!(snapshot.sum(ACTIVE), 0.0);
}

#[test]
fn bodiless_and_failed_event_streams_are_not_streams() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    let mut request = get("/events");
    *request.method_mut() = Method::HEAD;
    exchange(
        &layer,
        request,
        events(ScriptedBody::new().data("data: 1\n\n")),
    );
    let mut failed = events(ScriptedBody::new().data("no"));
    *failed.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    exchange(&layer, get("/events"), failed);

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count(DURATION), 2);
    assert_eq!(snapshot.all(STREAM), []);
}

#[test]
fn upgrade_is_recorded_at_its_headers() {
    let recorder = TestRecorder::new();
    exchange(
        &layer(recorder.server().build().unwrap()),
        get("/socket"),
        with_status(101),
    );
    let snapshot = recorder.snapshot();
    assert!(snapshot.one(DURATION).has("http.response.status_code=101"));
    assert_eq!(snapshot.sum(ACTIVE), 0.0);
    assert!(!snapshot.one(OUTCOMES).has("gusset.outcome=cancelled"));
}

fn events(body: ScriptedBody) -> Response<ScriptedBody> {
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(body)
        .unwrap()
}

/// A service that never responds.
struct Pending;

impl Service<Request<()>> for Pending {
    type Response = Response<ScriptedBody>;
    type Error = std::convert::Infallible;
    type Future = std::future::Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::pending()
    }
}

#[test]
fn every_call_has_one_outcome() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().build().unwrap());
    for (status, outcome) in [
        (200, "success"),
        (304, "success"),
        (404, "client_error"),
        (503, "server_error"),
    ] {
        let before = recorder.snapshot();
        exchange(&layer, get("/a"), with_status(status));
        let count = |snapshot: &Snapshot| -> f64 {
            let label = format!("gusset.outcome={outcome}");
            let outcomes = snapshot.all(OUTCOMES);
            outcomes
                .iter()
                .filter(|series| series.has(&label))
                .flat_map(|series| series.values.clone())
                .sum()
        };
        assert_eq!(
            count(&recorder.snapshot()) - count(&before),
            1.0,
            "{status}"
        );
    }
    let mut rejected = with_status(503);
    rejected
        .extensions_mut()
        .insert(gusset_core::Rejected::new("guard"));
    exchange(&layer, get("/a"), rejected);
    let aborted = Response::new(ScriptedBody::new().data("he").error());
    exchange(&layer, get("/a"), aborted);

    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.sum(OUTCOMES), 6.0);
    let outcomes = snapshot.all(OUTCOMES);
    assert!(
        outcomes
            .iter()
            .any(|series| series.has("gusset.outcome=rejected"))
    );
    let has_server_error = |stage: &str| {
        outcomes
            .iter()
            .any(|series| series.has("gusset.outcome=server_error") && series.has(stage))
    };
    assert!(has_server_error("gusset.stage=body"), "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|series| !series.has_key("http.response.status_code")),
        "{outcomes:?}"
    );
}
