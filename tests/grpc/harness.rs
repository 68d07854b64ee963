//! A server and its clients, each with its own side.

use gusset_core::ObserveLayer;
use gusset_http::{GrpcClientClassifier, Http};
use gusset_metrics::RpcMetrics;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::bodies::BoxError;
use gusset_tests::clients::with_timeout;
use gusset_tests::responses::Entered;
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use gusset_tests::stack::only_call;
use http::Uri;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::service::Routes;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tonic::{IntoStreamingRequest, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower_layer::Layer;
use tower_service::Service;

use crate::service::{Word, WordService};

/// A server, and the records of both sides.
#[derive(Debug)]
pub(crate) struct Harness {
    pub(crate) server: Server,
    /// Reports that a method was called.
    pub(crate) entered: Entered,
    pub(crate) on_server: Side,
    pub(crate) on_client: Side,
}

/// A client with a channel.
#[derive(Clone, Debug)]
pub(crate) struct Client<T>(tonic::client::Grpc<T>);

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

// === impl Client ===

impl<T> Client<T>
where
    T: GrpcService<Body>,
    T::ResponseBody: Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<BoxError>,
{
    pub(crate) fn new(channel: T, server: Uri) -> Self {
        Self(tonic::client::Grpc::with_origin(channel, server))
    }

    pub(crate) async fn unary(
        &mut self,
        method: &'static str,
        word: &str,
    ) -> Result<Response<Word>, Status> {
        self.request(method, Request::new(Word::new(word))).await
    }

    pub(crate) async fn request(
        &mut self,
        method: &'static str,
        request: Request<Word>,
    ) -> Result<Response<Word>, Status> {
        with_timeout(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        with_timeout(self.0.unary(request, path, ProstCodec::default())).await
    }

    /// Calls a method with one request and a stream of responses.
    pub(crate) async fn list(&mut self, method: &'static str) -> Result<Streaming<Word>, Status> {
        with_timeout(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let request = Request::new(Word::new("list"));
        let list = with_timeout(
            self.0
                .server_streaming(request, path, ProstCodec::default()),
        );
        list.await.map(Response::into_inner)
    }

    /// Calls a method with a stream of requests and one response.
    pub(crate) async fn join(
        &mut self,
        method: &'static str,
        words: impl IntoStreamingRequest<Message = Word>,
    ) -> Result<Response<Word>, Status> {
        with_timeout(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let words = words.into_streaming_request();
        with_timeout(self.0.client_streaming(words, path, ProstCodec::default())).await
    }

    /// Calls a method with streams in both directions.
    pub(crate) async fn converse(
        &mut self,
        method: &'static str,
        words: impl IntoStreamingRequest<Message = Word>,
    ) -> Result<Streaming<Word>, Status> {
        with_timeout(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let words = words.into_streaming_request();
        let list = with_timeout(self.0.streaming(words, path, ProstCodec::default()));
        list.await.map(Response::into_inner)
    }
}
