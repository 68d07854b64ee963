//! `error.type` of the time-outs and failures of common libraries.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Failure, Outcome, Protocol as _};
use gusset_http::{Http, HttpClientClassifier};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::with_timeout;
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto, pki_types};
use tonic::transport::Endpoint;
use tower::timeout::Timeout;
use tower::{ServiceExt, service_fn};
use tower_http::timeout::ResponseBodyTimeout;
use tower_layer::Layer;
use tower_service::Service;

use crate::setup::{plain_client, request, serve_paths};

const SOON: Duration = Duration::from_millis(5);

/// Calls an observed client, and returns the `error.type`.
async fn error_type<S, B>(client: S, req: Request<AnyBody>) -> Option<&'static str>
where
    S: Service<Request<AnyBody>, Response = Response<B>>,
    S::Error: 'static,
    B: http_body::Body<Error: 'static>,
{
    let side = Side::new();
    if let Ok(response) = side.http_client().layer(client).oneshot(req).await {
        let read = response.into_body().collect().await;
        assert!(read.is_err(), "a failure");
    }
    let call = side.wait_for_call().await;
    assert_eq!(call.outcome, Outcome::ServerError);
    call.error
}

fn to_nowhere() -> Request<AnyBody> {
    request(Method::GET, ([127, 0, 0, 1], 1).into(), "/")
}

async fn never<E>(_: Request<AnyBody>) -> Result<Response<AnyBody>, E> {
    pending().await
}

// Time is paused: a time-out passes as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn timeout_of_tokio_is_a_timeout() {
    let deadline = |req| tokio::time::timeout(SOON, never::<io::Error>(req));
    let unboxed = service_fn(move |req| async move {
        deadline(req).await.map(|response| response.expect("never"))
    });
    assert_eq!(error_type(unboxed, to_nowhere()).await, Some("timeout"));
    let boxed = service_fn(move |req| async move { Ok::<_, BoxError>(deadline(req).await??) });
    assert_eq!(error_type(boxed, to_nowhere()).await, Some("timeout"));
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_is_a_timeout() {
    let client = Timeout::new(service_fn(never::<BoxError>), SOON);
    assert_eq!(error_type(client, to_nowhere()).await, Some("timeout"));
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_http_is_a_timeout() {
    let respond = service_fn(async |_: Request<AnyBody>| {
        let body = gusset_testkit::ScriptedBody::new()
            .data("a part")
            .pend_forever();
        Ok::<_, BoxError>(Response::new(body))
    });
    let client = ResponseBodyTimeout::new(respond, SOON);
    assert_eq!(error_type(client, to_nowhere()).await, Some("timeout"));
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tonic_is_a_timeout() {
    let (server, _entered) = serve_paths(Transport::Http2);
    let uri = format!("http://{}", server.addr());
    let channel = Endpoint::try_from(uri).expect("a URI");
    let channel = channel.timeout(SOON).connect_lazy();
    let client = service_fn(move |req: Request<AnyBody>| {
        let mut channel = channel.clone();
        async move {
            channel.ready().await?;
            channel.call(req.map(tonic::body::Body::new)).await
        }
    });
    let req = request(Method::POST, server.addr(), "/never");
    assert_eq!(error_type(client, req).await, Some("timeout"));
}

#[tokio::test(start_paused = true)]
async fn timeout_of_reqwest_is_a_timeout() {
    let (server, _entered) = serve_paths(Transport::Http1);
    let client = reqwest::Client::builder().timeout(SOON).no_proxy().build();
    let client = client.expect("the defaults are valid");
    let client = service_fn(move |req: Request<AnyBody>| {
        let sent = client.get(req.uri().to_string()).send();
        async move { sent.await.map(Response::<reqwest::Body>::from) }
    });
    let req = request(Method::GET, server.addr(), "/never");
    assert_eq!(error_type(client, req).await, Some("timeout"));
}

#[tokio::test]
async fn nested_and_shared_io_errors_have_a_type() {
    let timed_out = || io::Error::from(io::ErrorKind::TimedOut);
    let nested = service_fn(move |_: Request<AnyBody>| async move {
        Err::<Response<AnyBody>, _>(io::Error::other(io::Error::other(timed_out())))
    });
    assert_eq!(error_type(nested, to_nowhere()).await, Some("timeout"));
    let shared = service_fn(move |_: Request<AnyBody>| async move {
        Err::<Response<AnyBody>, _>(Arc::new(timed_out()))
    });
    assert_eq!(error_type(shared, to_nowhere()).await, Some("timeout"));
    let boxed = service_fn(move |_: Request<AnyBody>| async move {
        Err::<Response<AnyBody>, _>(BoxError::from(Arc::new(timed_out())))
    });
    assert_eq!(error_type(boxed, to_nowhere()).await, Some("timeout"));
}

#[tokio::test]
async fn unknown_host_is_a_dns_error() {
    let resolver = service_fn(async |_: Name| {
        Err::<std::vec::IntoIter<std::net::SocketAddr>, _>(io::Error::other("no such host"))
    });
    let connector = HttpConnector::new_with_resolver(resolver);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let req = Request::get("http://stock.invalid/").body(boxed(Empty::new()));
    let error = error_type(client, req.expect("a request")).await;
    assert_eq!(error, Some("dns_error"));
}

#[tokio::test]
async fn failed_handshake_is_a_tls_error() {
    // A server that does not use TLS, as behind a wrong port.
    let server = Server::spawn(|listener| async move {
        let (mut stream, _) = listener.accept().await.expect("loopback connects");
        // The first byte is enough: what is sent back is not TLS.
        stream.read_u8().await.expect("a handshake");
        let response = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(response).await.expect("the peer reads");
        std::future::pending::<()>().await;
    });
    let addr = server.addr();
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let client = service_fn(move |_: Request<AnyBody>| {
        let connector = connector.clone();
        async move {
            let name = pki_types::ServerName::try_from("localhost").expect("a name");
            let stream = tokio::net::TcpStream::connect(addr).await?;
            connector.connect(name, stream).await?;
            Ok::<_, io::Error>(Response::<AnyBody>::default())
        }
    });
    let error = with_timeout(error_type(client, to_nowhere())).await;
    assert_eq!(error, Some("tls_error"));
}

#[tokio::test]
async fn refused_connection_is_found_in_every_client() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let addr = socket.local_addr().expect("it is bound");
    let req = || request(Method::GET, addr, "/");
    let refused = Some("connection_refused");
    assert_eq!(
        error_type(plain_client(Transport::Http1), req()).await,
        refused
    );
    let uri = format!("http://{addr}");
    let channel = Endpoint::try_from(uri).expect("a URI").connect_lazy();
    let channel = service_fn(move |req: Request<AnyBody>| {
        let mut channel = channel.clone();
        async move {
            channel.ready().await?;
            channel.call(req.map(tonic::body::Body::new)).await
        }
    });
    assert_eq!(error_type(channel, req()).await, refused);
}

#[test]
fn failures_of_rustls_are_tls_errors() {
    use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
    use tokio_rustls::rustls;

    for failure in [
        Error::InappropriateMessage {
            expect_types: vec![rustls::ContentType::Handshake],
            got_type: rustls::ContentType::ApplicationData,
        },
        Error::InappropriateHandshakeMessage {
            expect_types: vec![rustls::HandshakeType::ServerHello],
            got_type: rustls::HandshakeType::Finished,
        },
        Error::InvalidMessage(InvalidMessage::InvalidContentType),
        Error::NoCertificatesPresented,
        Error::DecryptError,
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
        Error::PeerMisbehaved(rustls::PeerMisbehaved::TooMuchEarlyDataReceived),
        Error::AlertReceived(AlertDescription::HandshakeFailure),
        Error::InvalidCertificate(CertificateError::UnknownIssuer),
    ] {
        let text = failure.to_string();
        // As tokio-rustls returns it.
        let failure = io::Error::new(io::ErrorKind::InvalidData, failure);
        let failure: BoxError = failure.into();
        let error_type = Failure::new(&failure).error_type();
        assert_eq!(error_type.as_str(), "tls_error", "{text}");
    }
}

/// Returns the `error.type` of an error that a service returns without a box.
fn type_of<E: 'static>(error: &E) -> &'static str {
    Http::<HttpClientClassifier>::failure(error)
        .error_type()
        .as_str()
}

#[test]
fn deadline_of_a_tonic_status_is_a_timeout() {
    let status = tonic::Status::deadline_exceeded("too late");
    assert_eq!(type_of(&status), "timeout");
    assert_eq!(type_of(&BoxError::from(status)), "timeout");
    assert_eq!(type_of(&tonic::Status::internal("too late")), "_OTHER");
}
