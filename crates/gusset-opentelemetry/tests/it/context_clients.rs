//! Calls of clients inside of spans of the OpenTelemetry API.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::get as route;
use gusset_opentelemetry::OpenTelemetryContext;
use gusset_trace::sampler::{AlwaysOn, TailSampler};
use gusset_trace::{SpanLayer, TraceObserver, current_baggage, current_span_context};
use http::HeaderMap;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, TraceContextExt as _, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use tracing::Instrument as _;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::context_support::*;
use crate::support::built;

/// The headers of the requests that reached a server.
type Received = Arc<Mutex<Vec<HeaderMap>>>;

/// Returns a router that remembers headers, and is not traced.
fn recorder(received: &Received) -> Router {
    let remember = |State(received): State<Received>, headers: HeaderMap| async move {
        received.lock().unwrap().push(headers);
    };
    Router::new()
        .route("/leaf", route(remember))
        .with_state(received.clone())
}

/// Runs a future inside of a new span of the OpenTelemetry API.
async fn in_span<F: Future>(name: &'static str, future: F) -> F::Output {
    let cx = Context::current_with_span(library().start(name));
    future.with_context(cx).await
}

/// Installs a `SpanLayer` with the bridge on this thread, which has to run all tasks.
fn span_layer() -> DefaultGuard {
    let layer = SpanLayer::new(sink()).context_bridge(&OpenTelemetryContext);
    gusset_testkit::set_subscriber(tracing_subscriber::registry().with(layer))
}

/// Returns a router with services that call each other: `/a`, `/b`, `/leaf`.
fn chain(base: &str, received: &Received) -> Router {
    let (a, b) = (format!("{base}/b"), format!("{base}/leaf"));
    let call = |url: String, name| async move {
        let work = in_span(name, async move {
            tokio::task::yield_now().await;
            get(client(), url).await.unwrap()
        });
        work.await
    };
    Router::new()
        .route("/a", route(move || call(a, "query of a")))
        .route("/b", route(move || call(b, "query of b")))
        .merge(recorder(received))
        .layer(server_layer())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_spans_and_clients_alternate_in_one_trace() {
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    served(
        |base| chain(base, &received),
        async |base| {
            let url = format!("{base}/a");
            get_in(plain_client(), url, &traceparent).await.unwrap();
        },
    )
    .await;
    let expected = "
        GET
          query of a
            GET
              GET
                query of b
                  GET
                    GET
    ";
    assert_eq!(tree(trace), lines(expected));
    let headers = received.lock().unwrap().remove(0);
    let parent = headers["traceparent"].to_str().unwrap();
    let sent = spans_of(trace)
        .iter()
        .filter(|span| parent.contains(&span.span_context.span_id().to_string()))
        .count();
    assert_eq!(sent, 1, "{parent}");
}

#[tokio::test]
async fn tracing_spans_are_among_them_too() {
    let _subscriber = span_layer();
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let handler = move || {
            let request = async move {
                let request = async {
                    let span = tracing::info_span!("inner");
                    get(client(), url).instrument(span).await
                };
                in_span("library", request).await.unwrap();
                library().in_span("sync", |_| {
                    let span = tracing::info_span!("in sync");
                    span.in_scope(|| library().in_span("innermost", |_| ()));
                });
            };
            // The task has nothing but the span.
            let task =
                tokio::spawn(in_span("task", async {}).instrument(tracing::info_span!("spawned")));
            async move {
                request.instrument(tracing::info_span!("outer")).await;
                task.await.unwrap();
            }
        };
        Router::new()
            .route("/a", route(handler))
            .merge(recorder(&received))
            .layer(server_layer())
    };
    served(router, async |base| {
        get_in(plain_client(), format!("{base}/a"), &traceparent)
            .await
            .unwrap();
    })
    .await;
    let expected = "
        GET
          outer
            library
              inner
                GET
                  GET
            sync
              in sync
                innermost
          spawned
            task
    ";
    assert_eq!(tree(trace), lines(expected));
}

#[tokio::test]
async fn tracing_span_outside_of_calls_is_a_parent() {
    let _subscriber = span_layer();
    let received = Received::default();
    let trace = served(
        |_| recorder(&received),
        async |base| {
            let work = async {
                let id = current_span_context().unwrap().trace_id();
                in_span("library", get(client(), format!("{base}/leaf")))
                    .await
                    .unwrap();
                id
            };
            work.instrument(tracing::info_span!("job")).await
        },
    )
    .await;
    assert_eq!(tree(trace), lines("job\n  library\n    GET"));
}

#[tokio::test]
async fn client_sends_trace_state_and_baggage_of_the_span() {
    let (trace, _) = new_trace();
    let received = Received::default();
    served(
        |_| recorder(&received),
        async |base| {
            let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
            let parent = SpanContext::new(
                u128::from_be_bytes(trace.to_bytes()).into(),
                0xb7ad_6b71_6920_3331.into(),
                opentelemetry::TraceFlags::SAMPLED,
                true,
                state,
            );
            let cx = Context::new()
                .with_remote_span_context(parent)
                .with_baggage([KeyValue::new("tenant", "a b")]);
            let span = library().start_with_context("outside of calls", &cx);
            let request = get(client(), format!("{base}/leaf"));
            request.with_context(cx.with_span(span)).await.unwrap();
        },
    )
    .await;
    assert_eq!(tree(trace), lines("outside of calls\n  GET"));
    let headers = received.lock().unwrap().remove(0);
    let span = spans_of(trace)
        .into_iter()
        .find(|span| without_route(&span.name) == "GET")
        .unwrap();
    let span = span.span_context.span_id();
    assert_eq!(headers["traceparent"], format!("00-{trace}-{span}-01"));
    assert_eq!(headers["tracestate"], "vendor=1");
    assert_eq!(headers["baggage"], "tenant=a%20b");
}

#[tokio::test]
async fn changed_baggage_is_sent_without_a_new_span() {
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let handler = async move || {
            let cx = Context::current_with_baggage([KeyValue::new("tenant", "b")]);
            let request = async {
                assert_eq!(current_baggage().as_str(), "tenant=b");
                get(client(), url).await
            };
            request.with_context(cx).await.unwrap();
        };
        Router::new()
            .route("/a", route(handler))
            .layer(server_layer())
            .merge(recorder(&received))
    };
    served(router, async |base| {
        let req = http::Request::get(format!("{base}/a"))
            .header("traceparent", traceparent)
            .header("baggage", "tenant=a;ttl=3");
        let req = req.body(axum::body::Body::empty()).unwrap();
        tower::ServiceExt::oneshot(plain_client(), req)
            .await
            .unwrap();
    })
    .await;
    assert_eq!(tree(trace), lines("GET\n  GET"));
    assert_eq!(received.lock().unwrap()[0]["baggage"], "tenant=b");
}

#[tokio::test]
async fn unchanged_baggage_keeps_its_properties() {
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let handler = async move || in_span("library", get(client(), url)).await.unwrap();
        Router::new()
            .route("/a", route(handler))
            .layer(server_layer())
            .merge(recorder(&received))
    };
    served(router, async |base| {
        let req = http::Request::get(format!("{base}/a"))
            .header("traceparent", traceparent)
            .header("tracestate", "foo@bar@baz=1")
            .header("baggage", "tenant=a;ttl=3");
        let req = req.body(axum::body::Body::empty()).unwrap();
        tower::ServiceExt::oneshot(plain_client(), req)
            .await
            .unwrap();
    })
    .await;
    assert_eq!(tree(trace), lines("GET\n  library\n    GET"));
    let headers = &received.lock().unwrap()[0];
    assert_eq!(headers["baggage"], "tenant=a;ttl=3");
    // OpenTelemetry rejects a key with two `@`.
    assert_eq!(headers["tracestate"], "foo@bar@baz=1");
}

#[tokio::test]
async fn current_span_is_that_of_the_library() {
    let (trace, traceparent) = new_trace();
    let handler = async || {
        let call = current_span_context().unwrap();
        library().in_span("library", |cx| {
            let current = current_span_context().unwrap();
            assert_eq!(
                current.span_id().to_bytes(),
                cx.span().span_context().span_id().to_bytes()
            );
            assert_eq!(current.trace_id(), call.trace_id());
            let cx = gusset_opentelemetry::context();
            assert!(
                cx.span().is_recording(),
                "the span itself, not a copy of its ids"
            );
        });
        assert_eq!(current_span_context(), Some(call));
    };
    let router = Router::new()
        .route("/a", route(handler))
        .layer(server_layer());
    served(
        |_| router,
        async |base| {
            get_in(plain_client(), format!("{base}/a"), &traceparent)
                .await
                .unwrap();
        },
    )
    .await;
    assert_eq!(tree(trace), lines("GET\n  library"));
}

#[tokio::test]
async fn call_that_is_sampled_at_its_end_has_its_clients_calls() {
    let (trace, traceparent) = new_trace();
    let traceparent = traceparent.replace("-01", "-00");
    let sampler =
        TailSampler::new(gusset_trace::sampler::AlwaysOff).slower_than(std::time::Duration::ZERO);
    let server = TraceObserver::server().sink(sink()).sampler(sampler);
    let server = built(server.context_bridge(&OpenTelemetryContext));
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        // The library's own sampler drops its span, because the call is not sampled.
        let handler = async move || in_span("library", get(client(), url)).await.unwrap();
        Router::new()
            .route("/a", route(handler))
            .layer(gusset_core::ObserveLayer::<gusset_http::Http, _>::new(
                server,
            ))
            .merge(recorder(&received))
    };
    served(router, async |base| {
        get_in(plain_client(), format!("{base}/a"), &traceparent)
            .await
            .unwrap();
    })
    .await;
    assert_eq!(tree(trace), lines("GET\n  GET"));
}

#[tokio::test]
async fn trace_of_its_own_is_not_part_of_the_call() {
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let handler = async move || {
            let root = library().start_with_context("root", &Context::new());
            let cx = Context::new().with_span(root);
            let id = cx.span().span_context().trace_id();
            get(client(), url).with_context(cx).await.unwrap();
            id.to_string()
        };
        Router::new()
            .route("/a", route(handler))
            .layer(server_layer())
            .merge(recorder(&received))
    };
    let other = served(router, async |base| {
        get_in(plain_client(), format!("{base}/a"), &traceparent)
            .await
            .unwrap()
    })
    .await;
    assert_eq!(tree(trace), lines("GET"));
    let other = u128::from_str_radix(&other, 16).unwrap().to_be_bytes();
    let other = gusset_propagation::TraceId::from_bytes(other).unwrap();
    assert_eq!(tree(other), lines("root\n  GET"));
}

#[tokio::test]
async fn client_without_the_bridge_inherits_it() {
    let (trace, traceparent) = new_trace();
    let received = Received::default();
    let router = |base: &str| {
        let url = format!("{base}/leaf");
        let trace = TraceObserver::client().sampler(AlwaysOn).sink(sink());
        let client = client_of(built(trace));
        let handler = async move || in_span("library", get(client, url)).await.unwrap();
        Router::new()
            .route("/a", route(handler))
            .layer(server_layer())
            .merge(recorder(&received))
    };
    served(router, async |base| {
        get_in(plain_client(), format!("{base}/a"), &traceparent)
            .await
            .unwrap();
    })
    .await;
    assert_eq!(tree(trace), lines("GET\n  library\n    GET"));
}
