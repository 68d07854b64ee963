//! Every call is counted once, whatever its end, and the number of active ones goes back to zero.

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
const HEAD: &str = "gusset.http.server.time_to_headers";
const STREAM: &str = "gusset.http.server.stream.duration";
const OUTCOMES: &str = "gusset.http.server.outcomes";

#[test]
fn the_duration_runs_to_the_end_of_the_body_and_the_time_to_the_head_does_not() {
    let book = Book::new();
    let (layer, hand) = manual(book.server().build().unwrap());
    let mut service = layer.layer(Answer(|_: Request<()>| {
        hand.advance(Duration::from_secs(1));
        Response::new(ScriptedBody::new().data("hello").data(" world"))
    }));
    let Ok(res) = now(service.call(get("/a")));
    hand.advance(Duration::from_secs(2));
    assert_eq!(book.rows().sum(ACTIVE), 1.0);
    drain(res.into_body());

    let rows = book.rows();
    assert_eq!(rows.one(DURATION).values, [3.0]);
    assert_eq!(rows.one(HEAD).values, [1.0]);
    assert_eq!(rows.one(SIZE).values, [11.0]);
    assert_eq!(rows.one(ACTIVE).values, [0.0]);
    assert_eq!(rows.of(STREAM), []);
    assert!(!rows.one(OUTCOMES).has("gusset.outcome=cancelled"));
}

#[test]
fn a_series_bears_the_labels_of_the_conventions() {
    let book = Book::new();
    exchange(
        &layer(book.server().build().unwrap()),
        get("/items/{id}"),
        hello(),
    );
    let rows = book.rows();
    let labels = [
        "http.request.method=GET",
        "http.response.status_code=200",
        "http.route=/items/{id}",
        "network.protocol.version=1.1",
        "url.scheme=http",
    ];
    for metric in [DURATION, SIZE, HEAD] {
        assert_eq!(rows.one(metric).labels, labels, "{metric}");
    }
    assert_eq!(
        rows.one(ACTIVE).labels,
        ["http.request.method=GET", "url.scheme=http"]
    );
}

#[test]
fn an_error_bears_its_type_and_a_fault_of_the_caller_does_not() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    for (status, error) in [(503, true), (500, true), (404, false), (302, false)] {
        exchange(&layer, get("/a"), with_status(status));
        let row = book
            .rows()
            .of(DURATION)
            .into_iter()
            .find(|row| row.has(&format!("http.response.status_code={status}")));
        let row = row.unwrap();
        assert_eq!(row.has(&format!("error.type={status}")), error, "{row:?}");
        assert_eq!(row.has_key("error.type"), error, "{row:?}");
    }
}

#[test]
fn a_caller_that_leaves_before_the_head_is_counted_by_stage_and_is_no_error() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    let mut service = layer.layer(Never);
    drop(service.call(get("/a")));

    let rows = book.rows();
    let row = rows.one(DURATION);
    assert_eq!(row.values.len(), 1);
    assert!(
        !row.has_key("error.type") && !row.has_key("http.response.status_code"),
        "{row:?}"
    );
    let abandoned = rows.one(OUTCOMES);
    assert_eq!(abandoned.values, [1.0]);
    assert!(
        abandoned.has("gusset.outcome=cancelled")
            && abandoned.has("gusset.stage=headers")
            && abandoned.has("http.route=/a"),
        "{abandoned:?}"
    );
    assert_eq!(rows.sum(ACTIVE), 0.0);
    assert_eq!((rows.count(HEAD), rows.count(SIZE)), (0, 0));
}

#[test]
fn a_caller_that_leaves_mid_body_is_counted_by_stage_and_is_no_error() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    let mut service = layer.layer(Answer(|_: Request<()>| hello()));
    let Ok(res) = now(service.call(get("/a")));
    drop(res);

    let rows = book.rows();
    assert_eq!(rows.count(DURATION), 1);
    assert!(!rows.one(DURATION).has_key("error.type"));
    assert!(rows.one(OUTCOMES).has("gusset.outcome=cancelled"));
    assert!(rows.one(OUTCOMES).has("gusset.stage=body"));
    assert_eq!(rows.one(SIZE).values, [0.0]);
    assert_eq!(rows.sum(ACTIVE), 0.0);
}

#[test]
fn a_panic_is_an_error_without_a_status_and_leaves_no_call_active() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    let mut service = layer.layer(Answer(|_: Request<()>| -> Response<ScriptedBody> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| now(service.call(get("/a"))).is_ok())).is_err());

    let rows = book.rows();
    assert!(rows.one(DURATION).has("error.type=panic"));
    assert!(!rows.one(DURATION).has_key("http.response.status_code"));
    assert_eq!(rows.sum(ACTIVE), 0.0);
}

#[test]
fn an_event_stream_is_a_request_to_its_head_and_lives_in_a_histogram_of_its_own() {
    let book = Book::new();
    let (layer, hand) = manual(book.server().build().unwrap());
    let mut service = layer.layer(Answer(|_: Request<()>| {
        hand.advance(Duration::from_secs(1));
        events(ScriptedBody::new().data("data: 1\n\n").stall())
    }));
    let Ok(res) = now(service.call(get("/events")));
    assert_eq!(
        book.rows().one(DURATION).values,
        [1.0],
        "recorded at the head"
    );

    let mut body = pin!(res.into_body());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = http_body::Body::poll_frame(body.as_mut(), &mut cx);
    hand.advance(Duration::from_secs(600));
    assert_eq!(book.rows().sum(ACTIVE), 1.0);
    body.set(Default::default());

    let rows = book.rows();
    assert_eq!(rows.count(DURATION), 0, "not again");
    assert_eq!(rows.one(STREAM).values, [600.0]);
    assert_eq!(rows.one(SIZE).values, [9.0]);
    assert_eq!(rows.sum(ACTIVE), 0.0);
}

#[test]
fn the_head_of_an_event_stream_and_its_failure_are_no_streams() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    let mut head = get("/events");
    *head.method_mut() = Method::HEAD;
    exchange(
        &layer,
        head,
        events(ScriptedBody::new().data("data: 1\n\n")),
    );
    let mut failed = events(ScriptedBody::new().data("no"));
    *failed.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    exchange(&layer, get("/events"), failed);

    let rows = book.rows();
    assert_eq!(rows.count(DURATION), 2);
    assert_eq!(rows.of(STREAM), []);
}

#[test]
fn an_upgrade_is_a_request_to_its_head() {
    let book = Book::new();
    exchange(
        &layer(book.server().build().unwrap()),
        get("/socket"),
        with_status(101),
    );
    let rows = book.rows();
    assert!(rows.one(DURATION).has("http.response.status_code=101"));
    assert_eq!(rows.sum(ACTIVE), 0.0);
    assert!(!rows.one(OUTCOMES).has("gusset.outcome=cancelled"));
}

fn events(body: ScriptedBody) -> Response<ScriptedBody> {
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(body)
        .unwrap()
}

/// A service that never answers.
struct Never;

impl Service<Request<()>> for Never {
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
fn every_call_has_one_outcome_and_they_add_up_to_the_requests() {
    let book = Book::new();
    let layer = layer(book.server().build().unwrap());
    for (status, outcome) in [
        (200, "success"),
        (304, "success"),
        (404, "client_error"),
        (503, "server_error"),
    ] {
        let before = book.rows();
        exchange(&layer, get("/a"), with_status(status));
        let counted = |rows: &Rows| -> f64 {
            let label = format!("gusset.outcome={outcome}");
            let rows = rows.of(OUTCOMES);
            rows.iter()
                .filter(|row| row.has(&label))
                .flat_map(|row| row.values.clone())
                .sum()
        };
        assert_eq!(counted(&book.rows()) - counted(&before), 1.0, "{status}");
    }
    let mut refused = with_status(503);
    refused
        .extensions_mut()
        .insert(gusset_core::Rejected::new("guard"));
    exchange(&layer, get("/a"), refused);
    let broken = Response::new(ScriptedBody::new().data("he").error());
    exchange(&layer, get("/a"), broken);

    let rows = book.rows();
    assert_eq!(rows.sum(OUTCOMES), 6.0);
    let rows = rows.of(OUTCOMES);
    assert!(rows.iter().any(|row| row.has("gusset.outcome=rejected")));
    let fault = |stage: &str| {
        rows.iter()
            .any(|row| row.has("gusset.outcome=server_error") && row.has(stage))
    };
    assert!(fault("gusset.stage=body"), "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| !row.has_key("http.response.status_code")),
        "{rows:?}"
    );
}
