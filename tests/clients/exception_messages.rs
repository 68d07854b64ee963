//! What an operator reads about a call that failed: its log entry and its span, with real failures of real
//! clients.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gusset::InstrumentationBuilder;
use gusset::kind::HttpClient;
use gusset_data::{SpanData, SpanStatus};
use gusset_log::LogLayer;
use gusset_testkit::SharedOutput;
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::with_timeout;
use gusset_tests::servers::Server;
use gusset_tests::spans::{Spans, attribute};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tower::timeout::Timeout;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use tower_service::Service;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::setup::{plain_client, request, scripted, serve_paths};

const SOON: Duration = Duration::from_millis(5);

/// The log entry and the span of a failed call.
struct Observed {
    entry: Value,
    exception: Value,
    span: SpanData,
}

impl Observed {
    fn message(&self) -> &str {
        let message = self.entry["exception.message"].as_str();
        message.expect("a message")
    }

    /// Asserts what entry, exception event and span state about the error.
    #[track_caller]
    fn assert_error(&self, error_type: &str, message: &str) {
        let Self {
            entry,
            exception,
            span,
        } = self;
        assert_eq!(entry["error.type"], error_type, "{entry}");
        assert_eq!(entry["exception.message"], message, "{entry}");
        assert_eq!(exception["exception.type"], error_type, "{exception}");
        assert_eq!(exception["exception.message"], message, "{exception}");
        let of_span = |name| attribute(span, name);
        assert_eq!(of_span("error.type").as_deref(), Some(error_type));
        assert_eq!(of_span("exception.message").as_deref(), Some(message));
        assert_eq!(span.status, SpanStatus::Error(message.to_owned().into()));
    }
}

/// Runs a call of an observed client that fails, at the latest with its body.
async fn observe_with<S, B>(
    builder: InstrumentationBuilder<HttpClient>,
    client: S,
    req: Request<AnyBody>,
) -> Observed
where
    S: Service<Request<AnyBody>, Response = Response<B>>,
    S::Error: 'static,
    B: http_body::Body<Error: 'static>,
{
    let (output, spans) = (SharedOutput::default(), Spans::default());
    let log = LogLayer::builder().writer(output.clone());
    let log = log.build_with(|_| None).expect("the defaults are valid");
    let sink = spans.clone();
    let gusset = builder
        .log(|log| log)
        .trace(|trace| trace.sink(sink))
        .build_with(|_| None)
        .expect("the defaults are valid");
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let guard = gusset_testkit::set_subscriber(subscriber);
    if let Ok(response) = with_timeout(gusset.layer().layer(client).oneshot(req)).await {
        let read = with_timeout(response.into_body().collect()).await;
        assert!(read.is_err(), "a failure");
    }
    drop(guard);
    assert!(
        log.flush_guard.flush(Duration::from_secs(30)),
        "it is written"
    );
    let entries = output.lines();
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| serde_json::from_str(entry).expect("JSON"))
        .collect();
    let find = |target: &str| {
        let mut found = entries.iter().filter(|entry| entry["target"] == target);
        let entry = found.next().expect("an entry").clone();
        assert!(found.next().is_none(), "one entry of {target}");
        entry
    };
    let [span] = &*spans.all() else {
        panic!("one span");
    };
    Observed {
        entry: find("gusset::access"),
        exception: find("gusset::exception"),
        span: span.clone(),
    }
}

async fn observe<S, B>(client: S, req: Request<AnyBody>) -> Observed
where
    S: Service<Request<AnyBody>, Response = Response<B>>,
    S::Error: 'static,
    B: http_body::Body<Error: 'static>,
{
    observe_with(gusset::http_client(), client, req).await
}

/// Returns a request to a port on which nothing listens, and the socket that keeps the port.
fn to_refused(path: &str) -> (Request<AnyBody>, tokio::net::TcpSocket) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let addr = socket.local_addr().expect("it is bound");
    (request(Method::GET, addr, path), socket)
}

/// Returns a service that sends requests with reqwest.
fn reqwest_client(
    client: reqwest::Client,
) -> impl Service<
    Request<AnyBody>,
    Response = Response<reqwest::Body>,
    Error = reqwest::Error,
    Future: Future<Output = Result<Response<reqwest::Body>, reqwest::Error>>,
> {
    service_fn(move |req: Request<AnyBody>| {
        let sent = client.get(req.uri().to_string()).send();
        async move { sent.await.map(Response::<reqwest::Body>::from) }
    })
}

/// Returns a request for a name that no resolver accepts: a label has up to 63 bytes (RFC 1035, 2.3.4).
fn to_unknown_host() -> Request<AnyBody> {
    let uri = format!("http://{}.invalid/", "x".repeat(64));
    let req = Request::get(uri).body(boxed(Empty::new()));
    req.expect("a request")
}

#[tokio::test]
async fn refused_connection_has_its_own_type_and_text() {
    let (req, _socket) = to_refused("/");
    let observed = observe(plain_client(Transport::Http1), req).await;
    let message = observed.message();
    let expected = "client error (Connect): tcp connect error: Connection refused";
    assert!(message.starts_with(expected), "{message}");
    observed.assert_error("connection_refused", message);
}

#[tokio::test]
async fn unknown_host_has_its_own_type_and_text() {
    let observed = observe(plain_client(Transport::Http1), to_unknown_host()).await;
    let message = observed.message();
    let expected = "client error (Connect): dns error: failed to lookup address information: ";
    assert!(message.starts_with(expected), "{message}");
    observed.assert_error("dns_error", message);
}

#[tokio::test]
async fn failed_handshake_has_its_own_type_and_text() {
    // A server that does not use TLS, as behind a wrong port.
    let server = Server::spawn(|listener| async move {
        let (mut stream, _) = listener.accept().await.expect("loopback connects");
        stream.read_u8().await.expect("a handshake");
        let response = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(response).await.expect("the peer reads");
        std::future::pending::<()>().await;
    });
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let req = Request::get(format!("https://localhost:{}/", server.addr().port()));
    let req = req.body(boxed(Empty::new())).expect("a request");
    observe(client, req).await.assert_error(
        "tls_error",
        "client error (Connect): received corrupt message of type InvalidContentType",
    );
}

// Time is paused: a time-out passes as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn timeout_has_its_own_type_and_text() {
    let (server, _entered) = serve_paths(Transport::Http1);
    let client = Timeout::new(plain_client(Transport::Http1), SOON);
    let observed = observe(client, request(Method::GET, server.addr(), "/never")).await;
    observed.assert_error("timeout", "request timed out");
}

#[tokio::test]
async fn failures_of_reqwest_have_types_and_texts() {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("the defaults are valid");
    let (req, socket) = to_refused("/users?token=s3cret");
    let url = format!("http://{}/users", socket.local_addr().expect("an address"));
    let observed = observe(reqwest_client(client.clone()), req).await;
    let message = observed.message();
    let start = format!("error sending request for url ({url}?REDACTED): client error (Connect): ");
    assert!(message.starts_with(&start), "{message}");
    assert!(message.contains("refused"), "{message}");
    observed.assert_error("connection_refused", message);

    let observed = observe(reqwest_client(client), to_unknown_host()).await;
    let message = observed.message();
    assert!(message.contains("dns error: "), "{message}");
    observed.assert_error("dns_error", message);
}

#[tokio::test(start_paused = true)]
async fn timeout_of_reqwest_has_its_own_type_and_text() {
    let (server, _entered) = serve_paths(Transport::Http1);
    let client = reqwest::Client::builder().timeout(SOON).no_proxy().build();
    let client = reqwest_client(client.expect("the defaults are valid"));
    let req = request(Method::GET, server.addr(), "/never");
    let url = req.uri().to_string();
    observe(client, req).await.assert_error(
        "timeout",
        &format!("error sending request for url ({url}): operation timed out"),
    );
}

#[tokio::test]
async fn error_of_response_body_has_a_message() {
    let server = scripted("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel");
    let req = request(Method::GET, server.addr(), "/");
    let observed = observe(plain_client(Transport::Http1), req).await;
    assert_eq!(observed.entry["gusset.stage"], "body");
    let message = observed.message();
    assert!(message.contains("end of file before message length reached"));
    observed.assert_error("unexpected_eof", message);
}

/// Returns a service that fails with this text.
fn failing(
    text: &'static str,
) -> impl Service<Request<AnyBody>, Response = Response<AnyBody>, Error = BoxError> {
    service_fn(move |_: Request<AnyBody>| async move { Err(text.into()) })
}

#[tokio::test]
async fn secrets_never_leave_with_messages() {
    let text = "postgres://me:s3cret@db/x, Bearer s3cret0, password=s3cret, http://h/?q=s3cret";
    let (req, _socket) = to_refused("/");
    let observed = observe(failing(text), req).await;
    let message =
        "postgres://REDACTED@db/x, Bearer REDACTED, password=REDACTED, http://h/?REDACTED";
    observed.assert_error("_OTHER", message);
    let all = format!(
        "{} {} {:?}",
        observed.entry, observed.exception, observed.span
    );
    assert!(!all.contains("s3cret"), "{all}");
}

#[tokio::test]
async fn custom_redaction_and_hidden_paths_concern_messages() {
    let redaction = gusset::log::Redaction::default().key("iban");
    let builder = gusset::http_client().redaction(redaction).hide_paths(true);
    let (req, _socket) = to_refused("/");
    let observed = observe_with(builder, failing("iban=DE02 http://h/users/7"), req).await;
    observed.assert_error("_OTHER", "iban=REDACTED http://h/REDACTED");
}

#[tokio::test]
async fn messages_can_be_left_out() {
    let builder = gusset::http_client().exception_messages(false);
    let (req, _socket) = to_refused("/");
    let observed = observe_with(builder, failing("a text"), req).await;
    assert_eq!(observed.entry["error.type"], "_OTHER");
    let all = format!(
        "{} {} {:?}",
        observed.entry, observed.exception, observed.span
    );
    assert!(
        !all.contains("a text") && !all.contains("exception.message"),
        "{all}"
    );
}
