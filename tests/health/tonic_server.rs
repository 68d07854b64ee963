//! The shutdown of tonic's server: not ready, draining, stopped.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use gusset_core::{FilteredObserver, ObserveLayer};
use gusset_health::{Health, Phase};
use gusset_http::{GrpcServerClassifier, Http, PathFilter};
use gusset_tests::clients::with_timeout;
use http::uri::PathAndQuery;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// Responds once a permit is added.
#[derive(Clone)]
struct Slow(Arc<Semaphore>);

impl NamedService for Slow {
    const NAME: &'static str = "test.Slow";
}

impl tower::Service<http::Request<Body>> for Slow {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let gate = self.0.clone();
        Box::pin(async move {
            let response = service_fn(move |_: Request<()>| {
                let gate = gate.clone();
                async move {
                    let _permit = gate.acquire().await;
                    Ok::<_, Status>(Response::new(()))
                }
            });
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<(), ()>::default());
            Ok(grpc.unary(response, request).await)
        })
    }
}

/// Both messages of the health service have one field each.
#[derive(Clone, PartialEq, prost::Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Serving {
    #[prost(int32, tag = "1")]
    status: i32,
}

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;

async fn call(channel: Channel) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a channel is ready");
    let path = PathAndQuery::from_static("/test.Slow/Wait");
    let response = client.unary(Request::new(()), path, ProstCodec::<(), ()>::default());
    response.await.map(Response::into_inner)
}

async fn check(channel: Channel) -> i32 {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a channel is ready");
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
    let codec = ProstCodec::<Service, Serving>::default();
    let response = client.unary(Request::new(Service::default()), path, codec);
    response.await.expect("a response").into_inner().status
}

async fn watch(channel: Channel) -> Streaming<Serving> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a channel is ready");
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Watch");
    let codec = ProstCodec::<Service, Serving>::default();
    let response = client.server_streaming(Request::new(Service::default()), path, codec);
    response.await.expect("a response").into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tonic_server_drains_before_it_stops() {
    const CALLS: usize = 50;
    let health = Health::builder()
        .handle_signals(false)
        .drain_delay(Duration::from_secs(2))
        .build()
        .expect("the settings are valid");
    let running = health.start().expect("a runtime");
    let gate = Arc::new(Semaphore::new(0));
    let probes = PathFilter::excluding(["/grpc.health.v1.Health/*"]);
    let observer = FilteredObserver::new(health.in_flight(), probes);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let server = Server::builder()
        .layer(ObserveLayer::<Http<GrpcServerClassifier>, _>::new(observer))
        .add_service(Slow(gate.clone()))
        .add_service(
            health
                .grpc()
                .service(Slow::NAME)
                .expect("the name is valid"),
        )
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), running.shutdown_signal());
    let closes = running.shutdown_signal();
    let server = tokio::spawn(async move { running.serve(server).await });
    health.lifecycle().mark_started();

    let channel = Channel::from_shared(format!("http://{address}"));
    let channel = channel.expect("a URI").connect_lazy();
    assert_eq!(with_timeout(check(channel.clone())).await, SERVING);
    let mut watching = with_timeout(watch(channel.clone())).await;
    let mut next = async || with_timeout(watching.message()).await;
    assert_eq!(
        next().await.expect("a word"),
        Some(Serving { status: SERVING })
    );
    let calls: Vec<_> = (0..CALLS)
        .map(|_| tokio::spawn(call(channel.clone())))
        .collect();
    with_timeout(async {
        while health.in_flight().count() < CALLS {
            tokio::task::yield_now().await;
        }
    })
    .await;

    health.lifecycle().begin_shutdown();
    assert_eq!(
        next().await.expect("a word"),
        Some(Serving {
            status: NOT_SERVING
        })
    );
    assert_eq!(health.lifecycle().phase(), Phase::Draining);
    assert_eq!(
        with_timeout(check(channel.clone())).await,
        NOT_SERVING,
        "the server still responds"
    );
    let late = tokio::spawn(call(channel.clone()));
    with_timeout(async {
        while health.in_flight().count() < CALLS + 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;

    with_timeout(closes).await;
    assert_eq!(next().await.expect_err("no word").code(), Code::Unavailable);
    assert_eq!(health.in_flight().count(), CALLS + 1, "no call was aborted");
    gate.add_permits(1);
    for call in calls.into_iter().chain([late]) {
        with_timeout(call)
            .await
            .expect("no panic")
            .expect("a response");
    }
    let report = with_timeout(server).await.expect("no panic");
    assert!(report.is_clean(), "{report:?}");
    assert!(
        report.server_output().is_some_and(Result::is_ok),
        "{report:?}"
    );
}

/// tonic stops accepting connections but keeps its listener until the last call has ended, so new
/// connections wait in vain. A stream of connections that ends by itself closes the listener.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_incoming_closes_the_listener() {
    let health = Health::builder()
        .handle_signals(false)
        .drain_delay(Duration::ZERO);
    let health = health.build().expect("the settings are valid");
    let running = health.start().expect("a runtime");
    let gate = Arc::new(Semaphore::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let incoming = TcpIncoming::from(listener)
        .take_until(Box::pin(running.shutdown_signal()))
        .chain(stream::empty());
    let server = Server::builder()
        .layer(ObserveLayer::<Http<GrpcServerClassifier>, _>::new(
            health.in_flight(),
        ))
        .add_service(Slow(gate.clone()))
        .serve_with_incoming_shutdown(incoming, std::future::pending());
    let server = tokio::spawn(async move { running.serve(server).await });
    health.lifecycle().mark_started();
    let channel = Channel::from_shared(format!("http://{address}"));
    let calling = tokio::spawn(call(channel.expect("a URI").connect_lazy()));
    with_timeout(async {
        while health.in_flight().count() < 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    health.lifecycle().begin_shutdown();
    with_timeout(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(health.in_flight().count(), 1, "the call was not aborted");
    gate.add_permits(1);
    with_timeout(calling)
        .await
        .expect("no panic")
        .expect("a response");
    assert!(with_timeout(server).await.expect("no panic").is_clean());
}
