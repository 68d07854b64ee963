//! A gRPC service as `tonic-build` generates it.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::panics::EXPECTED;
use crate::responses::Entered;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use http::{Request, Response};
use tokio::sync::mpsc::UnboundedSender;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// The message of all methods.
#[derive(Clone, PartialEq, prost::Message)]
#[allow(clippy::exhaustive_structs, reason = "tests make messages")]
pub struct Word {
    /// The text.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// Returns the text of the request.
pub const ECHO: &str = "/test.WordService/Echo";
/// Returns an error. The request has its code.
pub const REFUSE: &str = "/test.WordService/Refuse";
/// Panics.
pub const PANIC: &str = "/test.WordService/Panic";
/// Never responds.
pub const NEVER: &str = "/test.WordService/Never";
/// Returns a stream of three messages.
pub const LIST: &str = "/test.WordService/List";
/// Returns an error instead of a stream.
pub const LIST_NOTHING: &str = "/test.WordService/ListNothing";
/// Returns a stream of two messages and an error.
pub const LIST_AND_FAIL: &str = "/test.WordService/ListAndFail";
/// Returns a stream of one message, without an end.
pub const LIST_FOREVER: &str = "/test.WordService/ListForever";
/// Returns the concatenated texts of the requests.
pub const JOIN: &str = "/test.WordService/Join";
/// Returns each message of the request stream.
pub const REPEAT: &str = "/test.WordService/Repeat";
/// A health check. Always succeeds.
pub const HEALTH: &str = "/test.WordService/Health";

/// The service.
#[derive(Clone, Debug)]
pub struct WordService {
    enter: UnboundedSender<()>,
}

type Many = BoxStream<'static, Result<Word, Status>>;

impl Word {
    /// Creates a message.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

// === impl WordService ===

impl WordService {
    /// Creates the service, and a receiver for its calls.
    pub fn new() -> (Self, Entered) {
        let (enter, entered) = Entered::new();
        (Self { enter }, entered)
    }
}

impl NamedService for WordService {
    const NAME: &'static str = "test.WordService";
}

impl tower::Service<Request<Body>> for WordService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        // The receiver is gone if the test does not wait for it.
        let _ = self.enter.send(());
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<Word, Word>::default());
            Ok(match req.uri().path() {
                ECHO | HEALTH => grpc.unary(service_fn(echo), req).await,
                REFUSE => grpc.unary(service_fn(refuse), req).await,
                PANIC => grpc.unary(service_fn(panicking), req).await,
                NEVER => grpc.unary(service_fn(never), req).await,
                LIST => {
                    grpc.server_streaming(service_fn(|_| list(three())), req)
                        .await
                }
                LIST_NOTHING => grpc.server_streaming(service_fn(list_nothing), req).await,
                LIST_AND_FAIL => {
                    grpc.server_streaming(service_fn(|_| list(two_and_an_error())), req)
                        .await
                }
                LIST_FOREVER => {
                    grpc.server_streaming(service_fn(|_| list(one_and_no_end())), req)
                        .await
                }
                JOIN => grpc.client_streaming(service_fn(join), req).await,
                REPEAT => grpc.streaming(service_fn(repeat), req).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

async fn echo(req: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    Ok(tonic::Response::new(req.into_inner()))
}

async fn refuse(req: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    let code = Code::from_bytes(req.into_inner().text.as_bytes());
    Err(Status::new(code, "requested"))
}

async fn panicking(_: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    panic!("{EXPECTED}")
}

async fn never(_: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    pending().await
}

async fn list(words: Many) -> Result<tonic::Response<Many>, Status> {
    Ok(tonic::Response::new(words))
}

async fn list_nothing(_: tonic::Request<Word>) -> Result<tonic::Response<Many>, Status> {
    Err(Status::permission_denied("denied"))
}

async fn join(req: tonic::Request<Streaming<Word>>) -> Result<tonic::Response<Word>, Status> {
    let words: Vec<_> = req
        .into_inner()
        .map_ok(|word| word.text)
        .try_collect()
        .await?;
    Ok(tonic::Response::new(Word::new(words.concat())))
}

async fn repeat(req: tonic::Request<Streaming<Word>>) -> Result<tonic::Response<Many>, Status> {
    list(req.into_inner().boxed()).await
}

fn three() -> Many {
    stream::iter(["one", "two", "three"].map(|word| Ok(Word::new(word)))).boxed()
}

fn two_and_an_error() -> Many {
    let error = Err(Status::data_loss("data loss"));
    stream::iter([Ok(Word::new("one")), Ok(Word::new("two")), error]).boxed()
}

fn one_and_no_end() -> Many {
    stream::iter([Ok(Word::new("one"))])
        .chain(stream::pending())
        .boxed()
}
