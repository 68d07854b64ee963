//! An observed client of hyper-util, and servers for it.

use std::net::SocketAddr;

use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClientClassifier};
use gusset_metrics::HttpMetrics;
use gusset_testkit::RecordingObserver;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::with_timeout;
use gusset_tests::responses::Entered;
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
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
pub(crate) type PlainClient = Client<HttpConnector, AnyBody>;

/// hyper-util's client, observed.
pub(crate) type ObservedClient = <ObserveLayer<
    Http<HttpClientClassifier>,
    (RecordingObserver, HttpMetrics),
> as Layer<PlainClient>>::Service;

/// The response of the observed client.
pub(crate) type ObservedResponse = <ObservedClient as Service<Request<AnyBody>>>::Response;

/// The transports of clients.
pub(crate) const TRANSPORTS: [Transport; 2] = [Transport::Http1, Transport::Http2];

/// Returns hyper-util's client with its defaults.
pub(crate) fn plain_client(transport: Transport) -> PlainClient {
    Client::builder(TokioExecutor::new())
        .http2_only(transport.is_http2())
        .build_http()
}

/// Returns an observed client.
pub(crate) fn observed_client(side: &Side, transport: Transport) -> ObservedClient {
    side.http_client().layer(plain_client(transport))
}

pub(crate) async fn send<S, B>(client: &S, req: Request<AnyBody>) -> Result<Response<B>, S::Error>
where
    S: Service<Request<AnyBody>, Response = Response<B>> + Clone,
{
    with_timeout(client.clone().oneshot(req)).await
}

/// Sends a `GET` request for a path of a server.
pub(crate) async fn get(
    client: &ObservedClient,
    server: &Server,
    path: &str,
) -> Result<ObservedResponse, Error> {
    send(client, request(Method::GET, server.addr(), path)).await
}

pub(crate) fn request(method: Method, addr: SocketAddr, path: &str) -> Request<AnyBody> {
    let req = Request::builder()
        .method(method)
        .uri(format!("http://{addr}{path}"));
    req.body(boxed(Empty::new())).expect("a request")
}

/// Starts a server. The path of a request determines the response.
pub(crate) fn serve_paths(transport: Transport) -> (Server, Entered) {
    let (enter, entered) = Entered::new();
    let handler = move |req: Request<AnyBody>| {
        let enter = enter.clone();
        async move { respond(req, &enter).await }
    };
    (serve(transport, handler, None), entered)
}

async fn respond(
    req: Request<AnyBody>,
    enter: &tokio::sync::mpsc::UnboundedSender<()>,
) -> Result<Response<AnyBody>, BoxError> {
    use gusset_testkit::ScriptedBody;

    // The receiver is gone if the test does not wait for it.
    let _ = enter.send(());
    let respond = |status: u16, text: &'static str| {
        let mut res = Response::new(boxed(Full::from(text)));
        *res.status_mut() = status.try_into().expect("a status");
        res
    };
    Ok(match req.uri().path() {
        "/never" => std::future::pending().await,
        "/forever" => Response::new(boxed(ScriptedBody::new().data("a chunk").pend_forever())),
        "/nothing" => respond(404, "nothing here"),
        "/broken" => respond(500, "it is broken"),
        _ => respond(200, "hello"),
    })
}

/// Starts a server that sends these bytes to each client, and closes.
pub(crate) fn scripted(respond: &'static str) -> Server {
    Server::spawn(move |listener| async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("loopback connects");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let len = stream
                    .read_buf(&mut request)
                    .await
                    .expect("the client sends a request");
                assert!(len > 0, "the client sends a request");
            }
            stream
                .write_all(respond.as_bytes())
                .await
                .expect("the peer reads");
        }
    })
}
