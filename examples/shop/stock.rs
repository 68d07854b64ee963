//! The stock service, over gRPC. It is written manually, so that the example does not require a code
//! generator. gusset treats generated code in the same way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use gusset::Telemetry;
use gusset::health::Health;
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::shop::CATALOGUE;
use super::{BoxError, traffic};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Level {
    #[prost(uint32, tag = "1")]
    pieces: u32,
}

pub(crate) const LEVEL: &str = "/shop.Stock/Level";

async fn level(request: Request<Item>) -> Result<Response<Level>, Status> {
    let Item { name } = request.into_inner();
    match CATALOGUE.iter().any(|item| item.name == name) {
        true => Ok(Response::new(Level { pieces: 12 })),
        false => Err(Status::not_found("no such item")),
    }
}

/// The server side, as `tonic-build` would generate it.
#[derive(Clone)]
struct Stock;

impl NamedService for Stock {
    const NAME: &'static str = "shop.Stock";
}

impl tower::Service<http::Request<Body>> for Stock {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            if request.uri().path() != LEVEL {
                return Ok(Status::unimplemented("no such method").into_http());
            }
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Level, Item>::default());
            Ok(grpc.unary(service_fn(level), request).await)
        })
    }
}

/// Serves the stock service and gRPC health checks until `stop` completes.
pub(crate) fn serve<F: Future<Output = ()>>(
    listener: TcpListener,
    telemetry: &Telemetry,
    health: &Health,
    stop: F,
) -> Result<impl Future<Output = Result<(), tonic::transport::Error>> + use<F>, gusset::ConfigError>
{
    let gusset = telemetry
        .grpc()
        .observer(health.in_flight())
        .metrics(|metrics| metrics.label(traffic::label()))
        .build()?;
    Ok(Server::builder()
        .layer(gusset.layer())
        .add_service(Stock)
        .add_service(health.grpc())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop))
}

/// A client of the stock service, for the traffic.
#[derive(Clone)]
pub(crate) struct Client(tonic::client::Grpc<Channel>);

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, BoxError> {
        let channel = Channel::from_shared(format!("http://{address}"))?.connect_lazy();
        Ok(Self(tonic::client::Grpc::new(channel)))
    }

    /// Calls a method and returns its status code.
    pub(crate) async fn call(&mut self, method: &'static str, item: &str) -> Code {
        let Self(grpc) = self;
        let mut request = Request::new(Item { name: item.into() });
        request.metadata_mut().insert(
            traffic::CLIENT_HEADER,
            traffic::TRAFFIC.parse().expect("the value is ASCII"),
        );
        let codec = ProstCodec::<Item, Level>::default();
        let path = PathAndQuery::from_static(method);
        if grpc.ready().await.is_err() {
            return Code::Unavailable;
        }
        match grpc.unary(request, path, codec).await {
            Ok(_) => Code::Ok,
            Err(status) => status.code(),
        }
    }
}
