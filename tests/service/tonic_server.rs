//! The server and the client of tonic.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use gusset::Gusset;
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{ServiceBuilder, service_fn};

use crate::{access_lines, set_up};

/// Responds to all methods with an empty message, after a function.
#[derive(Clone)]
pub(crate) struct Empty(pub(crate) fn());

impl NamedService for Empty {
    const NAME: &'static str = "test.Empty";
}

impl tower::Service<http::Request<Body>> for Empty {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let on_call = self.0;
        Box::pin(async move {
            let respond = async |_: Request<()>| {
                on_call();
                Ok::<_, Status>(Response::new(()))
            };
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<(), ()>::default());
            Ok(grpc.unary(service_fn(respond), request).await)
        })
    }
}

/// Calls the service over a real connection, with a client of gusset.
pub(crate) async fn call_once(gusset: &Gusset, service: Empty) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .layer(gusset.grpc())
        .add_service(service)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), gusset.shutdown_signal());
    let client = async {
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = ServiceBuilder::new()
            .layer(gusset.grpc_client())
            .service(channel.connect_lazy());
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.unwrap();
        let path = PathAndQuery::from_static("/test.Empty/Call");
        let codec = ProstCodec::<(), ()>::default();
        grpc.unary(Request::new(()), path, codec).await.unwrap();
        drop(grpc);
        gusset.health().lifecycle().begin_shutdown();
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();
}

#[tokio::test]
async fn tonic_call_is_observed_by_server_and_client() {
    let (gusset, output) = set_up();
    call_once(&gusset, Empty(|| ())).await;

    let lines = access_lines(&output);
    assert_eq!(lines.len(), 2, "{}", output.text());
    assert_eq!(lines[0]["trace_id"], lines[1]["trace_id"], "one trace");
    let page = gusset.telemetry().prometheus().endpoint().render();
    for metric in [
        "rpc_server_call_duration_seconds_count",
        "rpc_client_call_duration_seconds_count",
    ] {
        let line = page.lines().find(|line| line.starts_with(metric));
        assert!(
            line.is_some_and(|line| line.contains("test.Empty/Call")),
            "{metric}: {page}"
        );
    }
}
