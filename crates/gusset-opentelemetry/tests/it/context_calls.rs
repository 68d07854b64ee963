//! Spans of the OpenTelemetry API inside of calls.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as route;
use futures_util::stream;
use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_opentelemetry::{OpenTelemetryContext, TextMapPropagatorAdapter};
use gusset_propagation::Propagators;
use gusset_trace::{TraceObserver, with_current_context};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{FutureExt as _, Span as _, TraceContextExt as _, Tracer as _};

use crate::context_support::*;
use crate::support::built;

/// Creates a span as a library does.
fn span(name: &'static str) {
    library().start(name).end();
}

/// Creates a span in the second poll of a future.
async fn span_later(name: &'static str) {
    tokio::task::yield_now().await;
    span(name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_handler_and_body_are_children_of_the_call() {
    let (trace, traceparent) = new_trace();
    let handler = || async {
        library().in_span("in_span", |_| span("nested"));
        span("started");
        tokio::task::yield_now().await;
        span("after a wait");
        let task = tokio::spawn(with_current_context(span_later("task of gusset")));
        let current =
            tokio::spawn(span_later("task with the current context").with_current_context());
        let given = span_later("task with a given context").with_context(Context::current());
        task.await.unwrap();
        current.await.unwrap();
        tokio::spawn(given).await.unwrap();
        let chunks = ["first chunk", "second chunk"].map(|name| async move {
            tokio::task::yield_now().await;
            span(name);
            Ok::<_, Infallible>(Bytes::from_static(b"chunk"))
        });
        Body::from_stream(stream::unfold(chunks.into_iter(), |mut chunks| async {
            Some((chunks.next()?.await, chunks))
        }))
    };
    served(
        |_| {
            Router::new()
                .route("/all", route(handler))
                .layer(server_layer())
        },
        async |base| {
            let client = plain_client();
            let body = get_in(client, format!("{base}/all"), &traceparent)
                .await
                .unwrap();
            assert_eq!(body, "chunkchunk");
        },
    )
    .await;
    let expected = "
        GET
          after a wait
          first chunk
          in_span
            nested
          second chunk
          started
          task of gusset
          task with a given context
          task with the current context
    ";
    assert_eq!(tree(trace), lines(expected));
}

#[tokio::test]
async fn context_has_baggage_and_trace_state_of_the_caller() {
    let handler = || async {
        let cx = Context::current();
        let baggage = cx.baggage();
        let value = baggage.get_with_metadata("tenant").unwrap().clone();
        assert_eq!((value.0.as_str(), value.1.as_str()), ("a b", "ttl=3"));
        let mut sent = HashMap::new();
        TextMapPropagatorAdapter::new(Propagators::default()).inject_context(&cx, &mut sent);
        assert_eq!(sent["baggage"], "tenant=a%20b;ttl=3");
        assert_eq!(sent["tracestate"], "foo=1,bar=2");
        let state = cx.span().span_context().trace_state().header();
        let child = library().start("child");
        assert_eq!(child.span_context().trace_state().header(), state);
        state
    };
    let router = Router::new()
        .route("/", route(handler))
        .layer(server_layer());
    let (trace, traceparent) = new_trace();
    served(
        |_| router,
        async |base| {
            let req = http::Request::get(base)
                .header("traceparent", traceparent)
                .header("tracestate", "foo=1,bar=2")
                .header("baggage", "tenant=a%20b;ttl=3");
            let res = tower::ServiceExt::oneshot(plain_client(), req.body(Body::empty()).unwrap());
            let body = axum::body::to_bytes(res.await.unwrap().into_body(), 100)
                .await
                .unwrap();
            assert_eq!(body, "foo=1,bar=2");
        },
    )
    .await;
    assert_eq!(tree(trace), lines("GET\n  child"));
}

#[tokio::test]
async fn values_of_the_context_around_a_call_are_kept() {
    #[derive(Debug, PartialEq)]
    struct Value(u8);

    let trace = TraceObserver::server().context_bridge(&OpenTelemetryContext);
    let service = ObserveLayer::<Http, _>::new(built(trace));
    let service = tower::Layer::layer(
        &service,
        tower::service_fn(|_: http::Request<()>| async {
            assert_eq!(Context::current().get(), Some(&Value(7)));
            assert!(Context::current().has_active_span());
            Ok::<_, Infallible>(http::Response::new(Body::empty()))
        }),
    );
    let call = tower::ServiceExt::oneshot(service, http::Request::new(()));
    let cx = Context::new().with_value(Value(7));
    let Ok(res) = call.with_context(cx).await;
    drop(res);
    assert!(!Context::current().has_active_span());
}

#[tokio::test]
async fn nothing_is_attached_without_the_bridge() {
    let trace = TraceObserver::server().sink(sink());
    let layer = ObserveLayer::<Http, _>::new(built(trace));
    let handler = || async { assert!(!Context::current().has_active_span()) };
    let router = Router::new().route("/", route(handler)).layer(layer);
    served(
        |_| router,
        async |base| get(plain_client(), base).await.unwrap(),
    )
    .await;
}
