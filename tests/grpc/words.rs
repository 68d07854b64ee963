//! A service of words, as `tonic-build` would make it, and what it answers.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use gusset_tests::answers::Entered;
use gusset_tests::panics::EXPECTED;
use http::{Request, Response};
use tokio::sync::mpsc::UnboundedSender;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Word {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// One word; the word of the request.
pub(crate) const ECHO: &str = "/test.Words/Echo";
/// An error, whose code is the word of the request.
pub(crate) const REFUSE: &str = "/test.Words/Refuse";
/// Unwinds.
pub(crate) const PANIC: &str = "/test.Words/Panic";
/// Never answers.
pub(crate) const NEVER: &str = "/test.Words/Never";
/// Three words.
pub(crate) const LIST: &str = "/test.Words/List";
/// No words, by an error before there is a list.
pub(crate) const LIST_NOTHING: &str = "/test.Words/ListNothing";
/// Two words, then an error.
pub(crate) const LIST_AND_FAIL: &str = "/test.Words/ListAndFail";
/// One word, and no end.
pub(crate) const LIST_FOREVER: &str = "/test.Words/ListForever";
/// The words of the request as one.
pub(crate) const JOIN: &str = "/test.Words/Join";
/// Each word of the request as it comes.
pub(crate) const REPEAT: &str = "/test.Words/Repeat";
/// What asks for a service's health, by gRPC's convention. Never answers an error.
pub(crate) const HEALTH: &str = "/test.Words/Health";

/// The server's side.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    enter: UnboundedSender<()>,
}

type Many = BoxStream<'static, Result<Word, Status>>;

impl Word {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

// === impl Words ===

impl Words {
    /// The service, and what says when one of its methods has been called.
    pub(crate) fn new() -> (Self, Entered) {
        let (enter, entered) = Entered::new();
        (Self { enter }, entered)
    }
}

impl NamedService for Words {
    const NAME: &'static str = "test.Words";
}

impl tower::Service<Request<Body>> for Words {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        // Nobody listens in the tests whose clients do not wait for it.
        let _ = self.enter.send(());
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<Word, Word>::default());
            Ok(match req.uri().path() {
                ECHO | HEALTH => grpc.unary(service_fn(echo), req).await,
                REFUSE => grpc.unary(service_fn(refuse), req).await,
                PANIC => grpc.unary(service_fn(unwind), req).await,
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
    Err(Status::new(code, "as the caller wished"))
}

async fn unwind(_: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    panic!("{EXPECTED}")
}

async fn never(_: tonic::Request<Word>) -> Result<tonic::Response<Word>, Status> {
    pending().await
}

async fn list(words: Many) -> Result<tonic::Response<Many>, Status> {
    Ok(tonic::Response::new(words))
}

async fn list_nothing(_: tonic::Request<Word>) -> Result<tonic::Response<Many>, Status> {
    Err(Status::permission_denied("not for you"))
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
    let error = Err(Status::data_loss("the third is gone"));
    stream::iter([Ok(Word::new("one")), Ok(Word::new("two")), error]).boxed()
}

fn one_and_no_end() -> Many {
    stream::iter([Ok(Word::new("one"))])
        .chain(stream::pending())
        .boxed()
}
