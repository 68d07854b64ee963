//! A server and its clients, each with its own side.

use gusset_core::ObserveLayer;
use gusset_http::{GrpcClientClassifier, Http};
use gusset_metrics::RpcMetrics;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::bodies::BoxError;
use gusset_tests::responses::Entered;
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use gusset_tests::stack::only_call;
pub(crate) use gusset_tests::word_client::Client;
use http::Uri;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tower_layer::Layer;
use tower_service::Service;

use crate::service::WordService;

/// A server, and the records of both sides.
#[derive(Debug)]
pub(crate) struct Harness {
    pub(crate) server: Server,
    /// Reports that a method was called.
    pub(crate) entered: Entered,
    pub(crate) on_server: Side,
    pub(crate) on_client: Side,
}

/// An observed tonic channel.
pub(crate) type Observed = <ObserveLayer<
    Http<GrpcClientClassifier>,
    (RecordingObserver, RpcMetrics),
> as Layer<Channel>>::Service;

// === impl Harness ===

impl Harness {
    /// Starts an observed tonic server with its defaults.
    pub(crate) fn new() -> Self {
        Self::served_by(Tonic::builder())
    }

    /// Starts an observed tonic server with these settings.
    pub(crate) fn served_by(tonic: Tonic) -> Self {
        let on_server = Side::new();
        let (words, entered) = WordService::new();
        Self {
            server: serve(tonic, on_server.grpc_server(), words),
            entered,
            on_server,
            on_client: Side::new(),
        }
    }

    /// Returns the address of the server.
    pub(crate) fn uri(&self) -> Uri {
        let uri = format!("http://{}", self.server.addr());
        uri.parse().expect("an address is an authority")
    }

    /// Returns a client with an observed tonic channel.
    pub(crate) fn client(&self) -> Client<Observed> {
        let channel = Endpoint::from(self.uri()).connect_lazy();
        Client::new(self.on_client.grpc_client().layer(channel), self.uri())
    }

    /// Waits for the only call, and returns the records of the server and the client.
    pub(crate) async fn ended(&self) -> (RecordedCall, RecordedCall) {
        (
            self.on_server.wait_for_call().await,
            self.on_client.wait_for_call().await,
        )
    }

    /// Stops the server during calls.
    pub(crate) fn close_early(self) -> (Side, Side) {
        drop(self.server);
        (self.on_server, self.on_client)
    }

    /// Stops the server, and asserts that each side recorded one call.
    pub(crate) fn close(self) {
        let Self {
            server,
            entered: _,
            on_server,
            on_client,
        } = self;
        drop(server);
        for side in [on_server, on_client] {
            only_call(&side.recorder);
        }
    }
}

/// Starts a server with this layer.
pub(crate) fn serve<L, B>(tonic: Tonic, layer: L, words: WordService) -> Server
where
    L: Layer<Routes> + Clone + Send + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    <L::Service as Service<http::Request<Body>>>::Future: Send,
    <L::Service as Service<http::Request<Body>>>::Error: Into<BoxError> + Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Server::spawn(move |listener| async move {
        let served = tonic
            .layer(layer)
            .add_service(words)
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        served.await.expect("it serves until it is dropped");
    })
}
