//! `tracing` spans, messages and gRPC calls in a tracer of the SDK.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;

use gusset_core::{Env, MessageOptions, ObserveLayer, RequestResponse};
use gusset_http::{GrpcServerClassifier, Http};
use gusset_opentelemetry::LiveSpans;
use gusset_testkit::ScriptedBody;
use gusset_trace::{SpanLayer, TraceObserver, current_span_context};
use http::{Request, Response};
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind, TracerProvider as _};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::spans_support::*;
use crate::support::{Spans, TRACEPARENT, built};

fn provider() -> (SdkTracerProvider, Recorder) {
    let recorder = Recorder::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_span_processor(recorder.clone())
        .build();
    (provider, recorder)
}

fn live(provider: &SdkTracerProvider) -> LiveSpans<SdkTracer> {
    LiveSpans::new(provider.tracer("shop"))
}

fn with_layer<R>(layer: SpanLayer, work: impl FnOnce() -> R) -> R {
    let subscriber = tracing_subscriber::registry().with(layer);
    gusset_testkit::with_subscriber(subscriber, work)
}

fn request_with(traceparent: &str) -> Request<()> {
    let mut req = Request::new(());
    let headers = req.headers_mut();
    headers.insert("traceparent", traceparent.parse().unwrap());
    headers.insert("tracestate", "foo=1".parse().unwrap());
    req
}

#[test]
fn inner_span_is_a_child_in_the_tracer() {
    let (provider, recorder) = provider();
    let trace = built(TraceObserver::server().live(live(&provider)));
    let inside = with_layer(SpanLayer::live(live(&provider)), || {
        serve(trace, request_with(TRACEPARENT), || {
            let span = tracing::info_span!(target: "stock", "load", cups = 3, found = tracing::field::Empty);
            span.in_scope(|| {
                span.record("found", true);
                recorder.with(|recorded| assert_eq!(recorded.started.len(), 2));
                current_span_context().unwrap()
            })
        })
    });
    let [load, call] = recorder.with(|recorded| recorded.ended.clone().try_into().unwrap());
    assert_eq!(
        (&*load.name, &load.span_kind),
        ("load", &SpanKind::Internal)
    );
    assert_eq!(load.parent_span_id, call.span_context.span_id());
    assert_eq!(load.span_context.trace_id(), call.span_context.trace_id());
    assert_eq!(load.span_context.trace_state().header(), "foo=1");
    assert_eq!(
        inside.span_id().to_bytes(),
        load.span_context.span_id().to_bytes()
    );
    assert_eq!(values(&load, "cups"), [&Value::I64(3)]);
    assert_eq!(values(&load, "found"), [&Value::Bool(true)]);
}

#[test]
fn inner_span_of_an_unsampled_call_is_not_started() {
    let (provider, recorder) = provider();
    let trace = built(TraceObserver::server().live(live(&provider)));
    with_layer(SpanLayer::live(live(&provider)), || {
        let unsampled = TRACEPARENT.replace("-01", "-00");
        serve(trace, request_with(&unsampled), || {
            tracing::info_span!("load").in_scope(|| ());
        });
    });
    recorder.with(|recorded| assert!(recorded.started.is_empty()));
}

#[test]
fn span_outside_of_calls_is_a_root() {
    let (provider, recorder) = provider();
    with_layer(SpanLayer::live(live(&provider)), || {
        tracing::info_span!("outer").in_scope(|| tracing::info_span!("inner").in_scope(|| ()));
    });
    let [inner, outer] = recorder.with(|recorded| recorded.ended.clone().try_into().unwrap());
    assert_eq!(outer.parent_span_id, SpanId::INVALID);
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
}

#[test]
fn inner_span_without_a_tracer_has_the_call_as_parent() {
    let (provider, recorder) = provider();
    let trace = built(TraceObserver::server().live(live(&provider)));
    let sink = Spans::default();
    with_layer(
        SpanLayer::new_in(sink.clone(), Env::from_fn(&|_| None)),
        || {
            serve(trace, request_with(TRACEPARENT), || {
                tracing::info_span!("load").in_scope(|| ());
            });
        },
    );
    let (load, call) = (sink.only(), recorder.only());
    assert_eq!((&*load.name, &*call.name), ("load", "GET"));
    assert_eq!(
        load.parent_span_id,
        Some(call.span_context.span_id().to_bytes())
    );
    assert_eq!(load.trace_id, call.span_context.trace_id().to_bytes());
}

#[test]
fn observer_without_a_tracer_has_no_spans_under_a_live_layer() {
    let (provider, recorder) = provider();
    with_layer(SpanLayer::live(live(&provider)), || {
        serve(
            built(TraceObserver::server()),
            request_with(TRACEPARENT),
            || (),
        );
    });
    recorder.with(|recorded| assert!(recorded.started.is_empty()));
}

#[tokio::test]
async fn message_is_a_consumer_span_of_the_tracer() {
    struct Order(HashMap<String, String>);
    let (provider, recorder) = provider();
    let options = MessageOptions::new("rabbitmq")
        .with_destination(|_: &Order| Some("orders"))
        .with_headers(|order: &Order| &order.0);
    let trace = TraceObserver::server().live(live(&provider));
    let trace = trace
        .build_consumer(options, Env::from_fn(&|_| None))
        .unwrap();
    let layer = ObserveLayer::<RequestResponse<Order, ()>, _>::new(trace);
    let service = layer.layer(service_fn(|_: Order| ready(Ok::<_, Infallible>(()))));
    let headers = HashMap::from([("traceparent".to_owned(), TRACEPARENT.to_owned())]);
    service.oneshot(Order(headers)).await.unwrap();
    let span = recorder.only();
    assert_eq!(
        (&*span.name, &span.span_kind),
        ("process orders", &SpanKind::Consumer)
    );
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(
        values(&span, "messaging.system"),
        [&Value::from("rabbitmq")]
    );
}

#[tokio::test]
async fn method_of_a_grpc_call_is_given_once() {
    let (provider, recorder) = provider();
    let trace = built(TraceObserver::grpc_server().live(live(&provider)));
    let service = service_fn(|_: Request<()>| {
        let body = ScriptedBody::new().data("message");
        let mut res = Response::new(body.trailers("grpc-status", "0"));
        let headers = res.headers_mut();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        ready(Ok::<_, Infallible>(res))
    });
    let mut req = Request::post("/shop.Cups/Fill").body(()).unwrap();
    let headers = req.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    let layer = ObserveLayer::<Http<GrpcServerClassifier>, _>::new(trace);
    let Ok(res) = layer.layer(service).oneshot(req).await;
    drain(res.into_body());
    let span = recorder.only();
    assert_eq!(span.name, "shop.Cups/Fill");
    assert_eq!(
        values(&span, "rpc.method"),
        [&Value::from("shop.Cups/Fill")]
    );
}
