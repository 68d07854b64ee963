//! HTTP/2 over a real connection, with both ends on this thread: the spans of `h2` itself do not reach the
//! export.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use gusset_core::ObserveLayer;
use gusset_data::{SpanData, SpanKind, SpanSink};
use gusset_http::Http;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::clients::{run, with_timeout};
use gusset_trace::sampler::{AlwaysOn, Sampler, SamplingDecision, SamplingParameters};
use gusset_trace::{ClientLayer, SpanFilter, SpanLayer, TraceObserver, TraceObserverBuilder};
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use gusset_tests::spans::{Spans, named};

/// Counts the roots that the sampler decides on.
#[derive(Clone, Default)]
struct CountingSampler(Arc<AtomicUsize>);

impl Sampler for CountingSampler {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        self.0.fetch_add(1, Ordering::Relaxed);
        AlwaysOn.should_sample(parameters)
    }
}

/// An export queue that nothing empties, with room for a number of spans.
#[derive(Clone)]
struct Queue {
    spans: Spans,
    free: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

impl Queue {
    fn with_capacity(spans: usize) -> Self {
        Self {
            spans: Spans::default(),
            free: Arc::new(AtomicUsize::new(spans)),
            lost: Arc::default(),
        }
    }
}

impl SpanSink for Queue {
    fn export(&self, span: SpanData) {
        self.spans.export(span);
    }

    fn has_capacity(&self) -> bool {
        let take = |free: usize| free.checked_sub(1);
        let free = self
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        free.is_ok()
    }

    fn count_dropped(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

type Server = BoxCloneSyncService<Request<Incoming>, Response<AnyBody>, Infallible>;
type HttpClient = BoxCloneSyncService<Request<Full<Bytes>>, Response<AnyBody>, BoxError>;

/// Both ends of a connection.
struct Ends {
    server: Server,
    client: HttpClient,
}

impl Ends {
    /// Returns a server with spans of its own, and a client.
    fn plain() -> Self {
        let handle = service_fn(async |_: Request<Incoming>| {
            tracing::info_span!("work").in_scope(|| tracing::debug_span!("step").in_scope(|| ()));
            Ok(Response::new(boxed(Full::from("hello"))))
        });
        let mut client = Client::builder(TokioExecutor::new());
        let client = client.http2_only(true).build_http();
        let client = client.map_response(|res: Response<Incoming>| res.map(boxed));
        Self {
            server: BoxCloneSyncService::new(handle),
            client: BoxCloneSyncService::new(client.map_err(Into::into)),
        }
    }

    /// Adds a span for each call to both ends.
    fn observed(sink: &Queue) -> Self {
        let Self { server, client } = Self::plain();
        let built = |builder: TraceObserverBuilder| {
            builder.sink(sink.clone()).build_with(|_| None).unwrap()
        };
        let on_server = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
        let on_client = ClientLayer::new(built(TraceObserver::client())).unwrap();
        let server = ServiceBuilder::new().layer(on_server).service(server);
        let client = ServiceBuilder::new().layer(on_client).service(client);
        Self {
            server: BoxCloneSyncService::new(server.map_response(|res| res.map(boxed))),
            client: BoxCloneSyncService::new(client.map_response(|res| res.map(boxed))),
        }
    }

    /// Sends requests at once, over one connection. When it returns, all spans are closed.
    fn exchange(self, requests: usize, layer: SpanLayer) {
        let Self { server, client } = self;
        let subscriber = tracing_subscriber::registry().with(layer);
        let _subscriber = gusset_testkit::set_subscriber(subscriber);
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let uri = format!("http://{}/", listener.local_addr().unwrap());
            tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), TowerToHyperService::new(server))
                    .await
            });
            let send = async |_| {
                let req = Request::get(&uri).body(Full::default()).unwrap();
                let res = client.clone().oneshot(req).await.unwrap();
                assert_eq!(res.version(), Version::HTTP_2);
                let body = res.into_body().collect().await.unwrap();
                assert_eq!(body.to_bytes(), "hello");
            };
            // The others find the connection of the first one.
            with_timeout(send(0)).await;
            with_timeout(join_all((1..requests).map(send))).await;
        });
    }
}

fn is_of_h2(span: &&SpanData) -> bool {
    span.scope.starts_with("h2")
}

#[test]
fn only_calls_and_own_spans_are_exported() {
    let queue = Queue::with_capacity(1_000);
    let sampler = CountingSampler::default();
    let layer = SpanLayer::new(queue.clone()).sampler(sampler.clone());
    Ends::observed(&queue).exchange(3, layer);
    let spans = queue.spans.all();
    let of_kind = |kind: SpanKind| spans.iter().filter(move |span| span.kind == kind);
    assert_eq!(spans.len(), 3 * 4, "{spans:#?}");
    assert_eq!(of_kind(SpanKind::Client).count(), 3);
    for client in of_kind(SpanKind::Client) {
        assert_eq!(client.parent_span_id, None);
        let child_of = |parent: &SpanData| {
            let mut children = spans
                .iter()
                .filter(|span| span.parent_span_id == Some(parent.span_id));
            let child = children.next().expect("each span but a step has a child");
            assert_eq!(child.trace_id, client.trace_id);
            child
        };
        let server = child_of(client);
        assert_eq!(server.kind, SpanKind::Server);
        let work = child_of(server);
        assert_eq!((&*work.name, &*child_of(work).name), ("work", "step"));
    }
    assert_eq!(
        sampler.0.load(Ordering::Relaxed),
        0,
        "every span is in a call"
    );
}

#[test]
fn connections_neither_use_the_sampler_nor_adopt_spans() {
    let queue = Queue::with_capacity(1_000);
    let sampler = CountingSampler::default();
    let layer = SpanLayer::new(queue.clone()).sampler(sampler.clone());
    Ends::plain().exchange(3, layer);
    let spans = queue.spans.all();
    assert_eq!(spans.len(), 3 * 2, "{spans:#?}");
    let work = named(&spans, "work");
    assert_eq!(work.len(), 3);
    assert!(work.iter().all(|span| span.parent_span_id.is_none()));
    let traces: HashSet<_> = work.iter().map(|span| span.trace_id).collect();
    assert_eq!((traces.len(), sampler.0.load(Ordering::Relaxed)), (3, 3));
}

#[test]
fn burst_loses_no_span_of_a_call() {
    const REQUESTS: usize = 500;
    let queue = Queue::with_capacity(REQUESTS * 4);
    let layer = SpanLayer::new(queue.clone());
    Ends::observed(&queue).exchange(REQUESTS, layer);
    let spans = queue.spans.all();
    assert_eq!(
        (spans.len(), queue.lost.load(Ordering::Relaxed)),
        (REQUESTS * 4, 0)
    );
}

#[test]
fn spans_of_h2_are_exported_on_request() {
    let queue = Queue::with_capacity(100_000);
    let filter = SpanFilter::parse("trace").unwrap();
    let layer = SpanLayer::new(queue.clone()).span_filter(filter);
    Ends::observed(&queue).exchange(3, layer);
    let spans = queue.spans.all();
    // If these were none, the other tests would prove nothing.
    assert!(spans.iter().filter(is_of_h2).count() > 100);
    assert_eq!(spans.iter().filter(|span| !is_of_h2(span)).count(), 3 * 4);
}
