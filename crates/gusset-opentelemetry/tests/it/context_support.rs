//! A server and a client over a real connection, and the trees of their traces.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClientClassifier};
use gusset_opentelemetry::{OpenTelemetryContext, SpanProcessorSink};
use gusset_propagation::TraceId;
use gusset_trace::{ClientLayer, TraceObserver};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor, SpanData,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceExt as _};

use crate::support::built;

/// A client that any test can name, and its error.
pub(crate) type TestClient = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The spans of all tests, of gusset and of the global provider. Each test has traces of its own.
static EXPORTER: LazyLock<InMemorySpanExporter> = LazyLock::new(|| {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
    global::set_tracer_provider(provider.build());
    exporter
});

/// Returns the sink of gusset's spans.
pub(crate) fn sink() -> SpanProcessorSink<SimpleSpanProcessor<InMemorySpanExporter>> {
    SpanProcessorSink::new(SimpleSpanProcessor::new(EXPORTER.clone()))
}

/// Returns the tracer of a library that uses the global provider.
pub(crate) fn library() -> BoxedTracer {
    LazyLock::force(&EXPORTER);
    global::tracer("library")
}

/// Returns a layer that traces calls of a server, with the bridge.
pub(crate) fn server_layer() -> ObserveLayer<Http, TraceObserver> {
    let trace = TraceObserver::server().sink(sink());
    ObserveLayer::new(built(trace.context_bridge(&OpenTelemetryContext)))
}

/// Returns a client over real connections, with the bridge.
pub(crate) fn client() -> TestClient {
    let trace = TraceObserver::client().sink(sink());
    client_of(built(trace.context_bridge(&OpenTelemetryContext)))
}

pub(crate) fn client_of(trace: TraceObserver) -> TestClient {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let client = ClientLayer::<HttpClientClassifier>::new(trace)
        .unwrap()
        .layer(client);
    BoxCloneSyncService::new(
        client
            .map_response(|res| res.map(Body::new))
            .map_err(Into::into),
    )
}

/// Sends a request without a body, and reads the whole response.
pub(crate) async fn get(client: TestClient, url: String) -> Result<String, BoxError> {
    get_in(client, url, "").await
}

/// Sends a request with a `traceparent`.
pub(crate) async fn get_in(
    client: TestClient,
    url: String,
    traceparent: &str,
) -> Result<String, BoxError> {
    let mut req = Request::get(url);
    if !traceparent.is_empty() {
        req = req.header("traceparent", traceparent);
    }
    let res = client.oneshot(req.body(Body::empty())?).await?;
    let body = res.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

/// Returns a client without traces.
pub(crate) fn plain_client() -> TestClient {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    BoxCloneSyncService::new(
        client
            .map_response(|res| res.map(Body::new))
            .map_err(Into::into),
    )
}

/// Serves a router on a free port of 127.0.0.1 while `work` runs, and then until all connections are closed.
pub(crate) async fn served<F: Future>(
    router: impl FnOnce(&str) -> Router,
    work: impl FnOnce(String) -> F,
) -> F::Output {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, router(&base)).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(async { server.await });
    let output = work(base).await;
    drop(stop);
    server.await.unwrap().unwrap();
    output
}

/// Returns a new trace id, and the `traceparent` of a caller.
pub(crate) fn new_trace() -> (TraceId, String) {
    let id = TraceId::random();
    (id, format!("00-{id}-b7ad6b7169203331-01"))
}

/// Returns the spans of a trace.
pub(crate) fn spans_of(trace: TraceId) -> Vec<SpanData> {
    let mut spans = EXPORTER.get_finished_spans().unwrap();
    spans.retain(|span| span.span_context.trace_id().to_bytes() == trace.to_bytes());
    spans
}

/// Returns the spans of a trace by name, indented below their parents: every span once. A span without its parent
/// is below `?`, unless that is the caller's.
pub(crate) fn tree(trace: TraceId) -> String {
    let spans = spans_of(trace);
    let is_known = |id: SpanId| spans.iter().any(|span| span.span_context.span_id() == id);
    let mut children = BTreeMap::<_, Vec<&SpanData>>::new();
    let mut roots = Vec::new();
    for span in &spans {
        let parent = span.parent_span_id;
        match is_known(parent) {
            true => children.entry(parent.to_bytes()).or_default().push(span),
            false => roots.push(span),
        }
    }
    let mut text = String::new();
    roots.sort_by_key(|span| span.name.clone());
    for root in roots {
        let parent = root.parent_span_id;
        let is_orphan = parent != SpanId::INVALID && parent.to_string() != "b7ad6b7169203331";
        write_span(&mut text, usize::from(is_orphan), root, &children);
    }
    text
}

/// Returns the name without its route. A call has one if another crate of the build enables the feature `axum` of
/// gusset-http.
pub(crate) fn without_route(name: &str) -> &str {
    match name.starts_with("GET ") {
        true => "GET",
        false => name,
    }
}

fn write_span(
    text: &mut String,
    depth: usize,
    span: &SpanData,
    children: &BTreeMap<[u8; 8], Vec<&SpanData>>,
) {
    writeln!(text, "{}{}", "  ".repeat(depth), without_route(&span.name)).unwrap();
    let id = span.span_context.span_id().to_bytes();
    let mut below = children.get(&id).cloned().unwrap_or_default();
    below.sort_by_key(|span| span.name.clone());
    for child in below {
        write_span(text, depth + 1, child, children);
    }
}

/// Returns lines without their common indentation, as [`tree`] does.
pub(crate) fn lines(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().map(indent).min().unwrap_or_default();
    lines
        .iter()
        .map(|line| format!("{}\n", &line[common..]))
        .collect()
}
