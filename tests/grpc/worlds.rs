//! A server of words and its callers, each on its own side.

use gusset_core::ObserveLayer;
use gusset_http::{GrpcClientClassifier, Http};
use gusset_metrics::RpcMetrics;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::answers::{BoxError, Entered};
use gusset_tests::clients::soon;
use gusset_tests::numbers::Side;
use gusset_tests::servers::Server;
use gusset_tests::stack::only_fact;
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

use crate::words::{Word, Words};

/// A server, and what was told on both sides.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) server: Server,
    /// Says when a method has been called.
    pub(crate) entered: Entered,
    pub(crate) on_server: Side,
    pub(crate) on_client: Side,
}

/// A caller over a channel.
#[derive(Clone, Debug)]
pub(crate) struct Caller<T>(tonic::client::Grpc<T>);

/// A channel of tonic's, observed.
pub(crate) type Observed = <ObserveLayer<
    Http<GrpcClientClassifier>,
    (RecordingObserver, RpcMetrics),
> as Layer<Channel>>::Service;

// === impl World ===

impl World {
    /// tonic's server as it comes, observed.
    pub(crate) fn new() -> Self {
        Self::served_by(Tonic::builder())
    }

    /// That server of tonic's, observed.
    pub(crate) fn served_by(tonic: Tonic) -> Self {
        let on_server = Side::new();
        let (words, entered) = Words::new();
        Self {
            server: serve(tonic, on_server.grpc_server(), words),
            entered,
            on_server,
            on_client: Side::new(),
        }
    }

    /// Where the server listens.
    pub(crate) fn uri(&self) -> Uri {
        let uri = format!("http://{}", self.server.addr());
        uri.parse().expect("an address is an authority")
    }

    /// A caller over tonic's own channel, observed.
    pub(crate) fn caller(&self) -> Caller<Observed> {
        let channel = Endpoint::from(self.uri()).connect_lazy();
        Caller::new(self.on_client.grpc_client().layer(channel), self.uri())
    }

    /// The one call there was, as the server's side and as the client's saw it.
    pub(crate) async fn ended(&self) -> (RecordedCall, RecordedCall) {
        (
            self.on_server.told_one().await,
            self.on_client.told_one().await,
        )
    }

    /// Ends the server, whatever is going on.
    pub(crate) fn close_early(self) -> (Side, Side) {
        drop(self.server);
        (self.on_server, self.on_client)
    }

    /// Ends the server, and asserts that each side was told of one end, of one call.
    pub(crate) fn close(self) {
        let Self {
            server,
            entered: _,
            on_server,
            on_client,
        } = self;
        drop(server);
        for side in [on_server, on_client] {
            only_fact(&side.witness);
        }
    }
}

/// Serves words, observed by that layer.
pub(crate) fn serve<L, B>(tonic: Tonic, layer: L, words: Words) -> Server
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

// === impl Caller ===

impl<T> Caller<T>
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
        soon(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        soon(self.0.unary(request, path, ProstCodec::default())).await
    }

    /// A method that is asked one word, and answers with many.
    pub(crate) async fn list(&mut self, method: &'static str) -> Result<Streaming<Word>, Status> {
        soon(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let request = Request::new(Word::new("list"));
        let list = soon(
            self.0
                .server_streaming(request, path, ProstCodec::default()),
        );
        list.await.map(Response::into_inner)
    }

    /// A method that is asked many words, and answers with one.
    pub(crate) async fn join(
        &mut self,
        method: &'static str,
        words: impl IntoStreamingRequest<Message = Word>,
    ) -> Result<Response<Word>, Status> {
        soon(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let words = words.into_streaming_request();
        soon(self.0.client_streaming(words, path, ProstCodec::default())).await
    }

    /// A method that is asked many words, and answers with many.
    pub(crate) async fn converse(
        &mut self,
        method: &'static str,
        words: impl IntoStreamingRequest<Message = Word>,
    ) -> Result<Streaming<Word>, Status> {
        soon(self.0.ready())
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(method);
        let words = words.into_streaming_request();
        let list = soon(self.0.streaming(words, path, ProstCodec::default()));
        list.await.map(Response::into_inner)
    }
}
