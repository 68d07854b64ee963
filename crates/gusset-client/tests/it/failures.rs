//! A failure is in the phase in which the call was, with an `error.type` and without a text.

use gusset_client::ClientTimer;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::metrics::Recorder;
use crate::support::{
    Body, Gate, Resolver, Server, Time, TimedClient, Tls, client, fail, get, timer,
};

fn start(resolver: Resolver, tls: rustls::ClientConfig) -> (TimedClient, Recorder) {
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    (client(&timer.build().unwrap(), resolver, tls), recorder)
}

#[track_caller]
fn assert_failed(recorder: &Recorder, phase: &str, error: &str) {
    let failures = recorder.failures();
    assert_eq!(failures, [(phase.to_owned(), error.to_owned())]);
}

#[tokio::test]
async fn unknown_name_fails_in_the_lookup() {
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    let unused = ([127, 0, 0, 1], 1).into();
    fail(&client, get("http", "shop.invalid", unused)).await;
    assert_failed(&recorder, "dns", "dns_error");
}

#[tokio::test]
async fn refused_connection_fails_in_tcp() {
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    fail(&client, get("http", "shop.test", address)).await;
    assert_failed(&recorder, "tcp", "connection_refused");
}

#[tokio::test]
async fn untrusted_certificate_fails_in_the_handshake() {
    let tls = Tls::new();
    let server = Server::new(&Time::given().1, &[]).start(Some(&tls)).await;
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    fail(&client, get("https", "shop.test", server)).await;
    assert_failed(&recorder, "tls", "tls_error");
}

#[tokio::test]
async fn connection_that_is_closed_fails_while_it_waits_for_the_response() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
    });
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    fail(&client, get("http", "shop.test", address)).await;
    let failures = recorder.failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].0, "first_byte");
}

/// Sends a request that is dropped once the gate is reached.
async fn cancel(client: &TimedClient, request: http::Request<Body>, gate: &Gate) {
    let call = tokio::spawn(client.clone().oneshot(request));
    gate.reached().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn cancelled_lookup_is_in_its_phase() {
    let mut resolver = Resolver::local();
    resolver.gate = Gate::new(0);
    let gate = resolver.gate.clone();
    let (client, recorder) = start(resolver, Tls::untrusted());
    let request = get("http", "shop.test", ([127, 0, 0, 1], 1).into());
    cancel(&client, request, &gate).await;
    assert_failed(&recorder, "dns", "cancelled");
}

#[tokio::test]
async fn cancelled_handshake_is_in_its_phase() {
    let tls = Tls::new();
    let mut server = Server::new(&Time::given().1, &[]);
    server.tls_gate = Gate::new(0);
    let address = server.start(Some(&tls)).await;
    let (client, recorder) = start(Resolver::local(), tls.client);
    cancel(
        &client,
        get("https", "shop.test", address),
        &server.tls_gate,
    )
    .await;
    assert_failed(&recorder, "tls", "cancelled");
}

#[tokio::test]
async fn cancelled_response_is_in_its_phase() {
    let mut server = Server::new(&Time::given().1, &[]);
    server.response_gate = Gate::new(0);
    let address = server.start(None).await;
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    cancel(
        &client,
        get("http", "shop.test", address),
        &server.response_gate,
    )
    .await;
    assert_failed(&recorder, "first_byte", "cancelled");
}

#[tokio::test]
async fn cancelled_wait_for_the_pool_is_in_its_phase() {
    // A client without a free connection, which does not begin one either.
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let never = tower::service_fn(|_: http::Request<gusset_client::TimedBody<Body>>| {
        std::future::pending::<Result<http::Response<Body>, std::io::Error>>()
    });
    let client = tower::Layer::layer(&timer.build().unwrap().layer(), never);
    let address = ([127, 0, 0, 1], 1).into();
    let mut call = Box::pin(client.oneshot(get("http", "shop.test", address)));
    assert!(futures_util::poll!(&mut call).is_pending());
    drop(call);
    assert_failed(&recorder, "wait", "cancelled");
}

#[tokio::test]
async fn time_out_of_the_connector_is_in_its_phase() {
    let mut resolver = Resolver::local();
    resolver.gate = Gate::new(0);
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let timer = timer.build().unwrap();
    let http = hyper_util::client::legacy::connect::HttpConnector::new_with_resolver(
        gusset_client::TimedResolver::new(resolver),
    );
    let http = tower::timeout::Timeout::new(http, std::time::Duration::from_millis(1));
    // hyper-util's client needs a future that can be moved.
    let http = ServiceExt::<http::Uri>::map_future(http, Box::pin);
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
    let client = client.build::<_, gusset_client::TimedBody<Body>>(timer.connector(http));
    let client = tower::Layer::layer(&timer.layer(), client);
    let request = get("http", "shop.test", ([127, 0, 0, 1], 1).into());
    assert!(client.oneshot(request).await.is_err());
    assert_failed(&recorder, "dns", "timeout");
}

#[tokio::test]
async fn discarded_body_is_not_a_failure() {
    let mut server = Server::new(&Time::given().1, &[]);
    server.download_gate = Gate::new(0);
    let address = server.start(None).await;
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    let response = client.oneshot(get("http", "shop.test", address));
    drop(response.await.unwrap());
    assert_eq!(recorder.failures(), []);
}

#[tokio::test]
async fn broken_download_is_in_its_phase() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
        stream.write_all(head.as_bytes()).await.unwrap();
    });
    let (client, recorder) = start(Resolver::local(), Tls::untrusted());
    let response = client.oneshot(get("http", "shop.test", address));
    let response = response.await.unwrap();
    assert!(response.into_body().collect().await.is_err());
    let failures = recorder.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].0, "download");
}

#[tokio::test]
async fn failed_call_without_a_recorder_is_served() {
    let (clock, _) = Time::given();
    let client = client(&timer(clock), Resolver::local(), Tls::untrusted());
    let unused = ([127, 0, 0, 1], 1).into();
    let error = fail(&client, get("http", "shop.invalid", unused)).await;
    assert!(error.is_connect());
}
