//! Registered own fields of calls are labels, and no others.

use std::future::{Ready, ready as done};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gusset_core::{ObserveLayer, RequestResponse, field};
use gusset_http::{Grpc, RequestOptions};
use gusset_metrics::{Label, MessagingMetrics, RpcMetrics};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";
const OUTCOMES: &str = "gusset.http.server.outcomes";
const UNREGISTERED: &str = "gusset.metrics.unregistered_fields";

fn options() -> Arc<RequestOptions> {
    Arc::new(RequestOptions::default().with_field("tenant", ["blue", "green"]))
}

/// Records a call during which `work` runs.
fn call(test: &TestRecorder, work: impl Fn()) -> Snapshot {
    let metrics = test.server().request_options(options()).build().unwrap();
    let mut service = layer(metrics).layer(FnService(|_: Request<()>| {
        work();
        hello()
    }));
    let Ok(response) = ready(service.call(get("/a")));
    read_to_end(response.into_body());
    test.snapshot()
}

#[test]
fn low_field_is_a_label_of_all_metrics_of_the_call() {
    let snapshot = call(&TestRecorder::new(), || field::low("tenant", "blue"));
    assert!(snapshot.one(DURATION).has("tenant=blue"));
    assert!(snapshot.one(OUTCOMES).has("tenant=blue"));
    assert!(
        !snapshot
            .one("http.server.active_requests")
            .has_key("tenant")
    );
    assert_eq!(snapshot.count(UNREGISTERED), 0);
}

#[test]
fn value_outside_of_the_set_is_other() {
    let snapshot = call(&TestRecorder::new(), || field::low("tenant", "red"));
    assert!(snapshot.one(DURATION).has("tenant=_OTHER"));
    assert_eq!(snapshot.count(UNREGISTERED), 0);
}

#[test]
fn call_without_the_field_has_no_label() {
    let snapshot = call(&TestRecorder::new(), || ());
    assert!(!snapshot.one(DURATION).has_key("tenant"));
}

#[test]
fn high_field_is_no_label() {
    let snapshot = call(&TestRecorder::new(), || {
        field::high("tenant", "blue");
        field::high("user.id", 42);
    });
    assert!(!snapshot.one(DURATION).has_key("tenant"));
    assert!(!snapshot.one(DURATION).has_key("user.id"));
    assert_eq!(snapshot.count(UNREGISTERED), 0);
}

#[test]
fn unregistered_field_is_counted_and_no_label() {
    let test = TestRecorder::new();
    call(&test, || field::low("plan", "gold"));
    let snapshot = call(&test, || field::low("plan", "gold"));
    assert!(!snapshot.one(OUTCOMES).has_key("plan"));
    assert_eq!(snapshot.one(UNREGISTERED).values, [2.0]);
}

#[test]
fn field_of_a_stream_is_a_label_at_its_end() {
    let test = TestRecorder::new();
    let metrics = test.server().request_options(options()).build().unwrap();
    let mut service = layer(metrics).layer(FnService(|_: Request<()>| {
        field::low("tenant", "blue");
        field::low("plan", "gold");
        let body = Setting(ScriptedBody::new().data("a"));
        let response = Response::builder().header("content-type", "text/event-stream");
        response.body(body).unwrap()
    }));
    let Ok(response) = ready(service.call(get("/a")));
    let headers = test.snapshot();
    assert!(headers.one(DURATION).has("tenant=blue"));
    read_to_end(response.into_body());
    let end = test.snapshot();
    assert!(end.one(OUTCOMES).has("tenant=green"));
    let streams = end.all("gusset.http.server.stream.duration");
    assert!(streams[0].has("tenant=green"));
    assert_eq!(end.one(UNREGISTERED).values, [1.0], "counted once");
}

#[test]
fn grpc_calls_and_messages_have_the_label() {
    let test = TestRecorder::new();
    let metrics = RpcMetrics::server(test.recorder.clone()).request_options(options());
    let layer = ObserveLayer::<Grpc, _>::new(metrics.build().unwrap());
    let mut service = layer.layer(FnService(|_: Request<()>| {
        field::low("tenant", "blue");
        hello()
    }));
    let Ok(response) = ready(service.call(get("/s/M")));
    read_to_end(response.into_body());
    assert!(
        test.snapshot()
            .one("rpc.server.call.duration")
            .has("tenant=blue")
    );

    type Jobs = RequestResponse<u32, ()>;
    let metrics = MessagingMetrics::<u32>::consumer(test.recorder.clone(), "q");
    let metrics = metrics.request_options(options()).build().unwrap();
    let mut service = ObserveLayer::<Jobs, _>::new(metrics).layer(Worker);
    ready(service.call(7)).unwrap();
    assert!(
        test.snapshot()
            .one("messaging.process.duration")
            .has("tenant=blue")
    );
}

/// A body that sets a field in each poll.
struct Setting(ScriptedBody);

impl http_body::Body for Setting {
    type Data = <ScriptedBody as http_body::Body>::Data;
    type Error = <ScriptedBody as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        field::low("tenant", "green");
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

/// A service of jobs.
struct Worker;

impl Service<u32> for Worker {
    type Response = ();
    type Error = ();
    type Future = Ready<Result<(), ()>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u32) -> Self::Future {
        field::low("tenant", "blue");
        done(Ok(()))
    }
}

#[test]
fn invalid_registrations_are_errors() {
    let build = |options: RequestOptions| {
        let builder = TestRecorder::new().server();
        let builder = builder.label(Label::from_request("plan", ["gold"], |_| None));
        builder.request_options(Arc::new(options)).build()
    };
    let error = |options| build(options).unwrap_err().to_string();
    let options = RequestOptions::default;
    let many = (0..=253).map(|value| value.to_string());
    for (options, expected) in [
        (options().with_field("plan", ["x"]), "field.plan"),
        (
            options().with_field("http.route", ["x"]),
            "field.http.route",
        ),
        (options().with_field("tenant", [""; 0]), "field.tenant"),
        (options().with_field("tenant", many), "field.tenant"),
        (
            ["a", "b", "c", "d", "e"]
                .iter()
                .fold(options(), |options, name| options.with_field(*name, ["x"])),
            "labels",
        ),
    ] {
        let error = error(options);
        assert!(error.starts_with(&format!("`{expected}`")), "{error}");
    }
    // A second registration replaces the first.
    let twice = options().with_field("a", ["x"]).with_field("a", ["y"]);
    assert!(build(twice).is_ok());
}
