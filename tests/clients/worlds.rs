//! A client of hyper-util's, observed, and servers for it.

use std::net::SocketAddr;

use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClientClassifier};
use gusset_metrics::HttpMetrics;
use gusset_testkit::RecordingObserver;
use gusset_tests::answers::{AnyBody, BoxError, Entered, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::soon;
use gusset_tests::numbers::Side;
use gusset_tests::servers::Server;
use gusset_tests::stack::serve;
use http::{Method, Request, Response};
use http_body_util::{Empty, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

/// hyper-util's client.
pub(crate) type Plain = Client<HttpConnector, AnyBody>;

/// hyper-util's client, observed.
pub(crate) type Observed = <ObserveLayer<
    Http<HttpClientClassifier>,
    (RecordingObserver, HttpMetrics),
> as Layer<Plain>>::Service;

/// What it is answered with.
pub(crate) type Answer = <Observed as Service<Request<AnyBody>>>::Response;

/// Over what clients call.
pub(crate) const OVER: [Over; 2] = [Over::Http1, Over::Http2];

/// hyper-util's client as it comes.
pub(crate) fn plain(over: Over) -> Plain {
    Client::builder(TokioExecutor::new())
        .http2_only(over.is_http2())
        .build_http()
}

/// A client on that side.
pub(crate) fn observed(side: &Side, over: Over) -> Observed {
    side.http_client().layer(plain(over))
}

pub(crate) async fn send<S, B>(client: &S, req: Request<AnyBody>) -> Result<Response<B>, S::Error>
where
    S: Service<Request<AnyBody>, Response = Response<B>> + Clone,
{
    soon(client.clone().oneshot(req)).await
}

/// Asks that server for that path.
pub(crate) async fn get(client: &Observed, server: &Server, path: &str) -> Result<Answer, Error> {
    send(client, request(Method::GET, server.addr(), path)).await
}

pub(crate) fn request(method: Method, addr: SocketAddr, path: &str) -> Request<AnyBody> {
    let req = Request::builder()
        .method(method)
        .uri(format!("http://{addr}{path}"));
    req.body(boxed(Empty::new())).expect("a request")
}

/// Serves; the path is what is answered.
pub(crate) fn answering(over: Over) -> (Server, Entered) {
    let (enter, entered) = Entered::new();
    let handler = move |req: Request<AnyBody>| {
        let enter = enter.clone();
        async move { answer(req, &enter).await }
    };
    (serve(over, handler, None), entered)
}

async fn answer(
    req: Request<AnyBody>,
    enter: &tokio::sync::mpsc::UnboundedSender<()>,
) -> Result<Response<AnyBody>, BoxError> {
    use gusset_testkit::ScriptedBody;

    // Nobody listens in the tests whose clients do not wait for it.
    let _ = enter.send(());
    let answer = |status: u16, text: &'static str| {
        let mut res = Response::new(boxed(Full::from(text)));
        *res.status_mut() = status.try_into().expect("a status");
        res
    };
    Ok(match req.uri().path() {
        "/never" => std::future::pending().await,
        "/forever" => Response::new(boxed(ScriptedBody::new().data("a piece").pend_forever())),
        "/nothing" => answer(404, "nothing here"),
        "/broken" => answer(500, "it is broken"),
        _ => answer(200, "hello"),
    })
}

/// A server that sends those bytes to everybody who has asked, and closes.
pub(crate) fn scripted(answer: &'static str) -> Server {
    Server::spawn(move |listener| async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("loopback connects");
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let len = stream.read_buf(&mut asked).await.expect("it asks");
                assert!(len > 0, "it asks");
            }
            stream.write_all(answer.as_bytes()).await.expect("it reads");
        }
    })
}
