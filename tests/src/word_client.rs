//! A client of the gRPC service, as `tonic-build` generates it.

use http::Uri;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{IntoStreamingRequest, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::bodies::BoxError;
use crate::clients::with_timeout;
use crate::word_service::Word;

/// A client with a channel.
#[derive(Clone, Debug)]
pub struct Client<T>(tonic::client::Grpc<T>);

// === impl Client ===

impl<T> Client<T>
where
    T: GrpcService<Body>,
    T::ResponseBody: Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<BoxError>,
{
    /// Creates a client of this server.
    pub fn new(channel: T, server: Uri) -> Self {
        Self(tonic::client::Grpc::with_origin(channel, server))
    }

    /// Calls a method with one request and one response.
    pub async fn unary(
        &mut self,
        method: &'static str,
        word: &str,
    ) -> Result<Response<Word>, Status> {
        self.request(method, Request::new(Word::new(word))).await
    }

    /// Calls a method with this request, which may have a deadline.
    pub async fn request(
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
    pub async fn list(&mut self, method: &'static str) -> Result<Streaming<Word>, Status> {
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
    pub async fn join(
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
    pub async fn converse(
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
