//! A request body that breaks is not the fault of the remote service, and does not count for its breaker.

use gusset_breaker::CircuitBreaker;
use gusset_core::Outcome;
use gusset_testkit::{RecordedCall, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, run, with_timeout};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use gusset_tests::stack::serve;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower::util::{BoxCloneSyncService, BoxService};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use crate::setup::{TRANSPORTS, plain_client, request, send};

fn breaker() -> CircuitBreaker {
    let builder = CircuitBreaker::builder("stock");
    builder.build().expect("the settings are valid")
}

/// Returns the calls and failures that a breaker has counted.
fn counted(breaker: &CircuitBreaker) -> (u64, u64) {
    let counts = breaker.counts();
    (counts.calls, counts.failures)
}

/// Reads the whole request, and responds.
async fn read(req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    req.into_body().collect().await?;
    Ok(Response::default())
}

fn broken_upload(server: &Server) -> Request<AnyBody> {
    let body = ScriptedBody::new().data("a part").pending().error();
    request(Method::POST, server.addr(), "/").map(|_| boxed(body))
}

fn assert_own_fault(call: &RecordedCall) {
    assert_eq!(
        (call.end, call.outcome, call.error),
        ("Failed", Outcome::ClientError, Some("request_body"))
    );
}

#[test]
fn broken_upload_is_a_client_error() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let server = serve(transport, read, None);
            let client = side.http_client().layer(plain_client(transport));
            let sent = send(&client, broken_upload(&server)).await;
            sent.expect_err("its body breaks");
            assert_own_fault(&side.wait_for_call().await);
        });
    }
}

type Connection = BoxService<Request<AnyBody>, Response<Incoming>, hyper::Error>;

/// Returns a connection of hyper without hyper-util, as a service.
async fn connect(transport: Transport, server: &Server) -> Connection {
    let stream = TcpStream::connect(server.addr()).await;
    let stream = TokioIo::new(stream.expect("the server listens"));
    if transport.is_http2() {
        let opened = conn::http2::handshake(TokioExecutor::new(), stream).await;
        let (mut sender, connection) = opened.expect("HTTP/2");
        tokio::spawn(connection);
        BoxService::new(service_fn(move |req| sender.send_request(req)))
    } else {
        let (mut sender, connection) = conn::http1::handshake(stream).await.expect("HTTP/1");
        tokio::spawn(connection);
        BoxService::new(service_fn(move |req| sender.send_request(req)))
    }
}

#[test]
fn broken_upload_of_a_bare_connection_is_a_client_error() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let server = serve(transport, read, None);
            let client = side.http_client().layer(connect(transport, &server).await);
            let sent = with_timeout(client.oneshot(broken_upload(&server))).await;
            sent.expect_err("its body breaks");
            assert_own_fault(&side.wait_for_call().await);
        });
    }
}

#[test]
fn broken_uploads_do_not_count() {
    for transport in TRANSPORTS {
        run(async {
            let (server, breaker) = (serve(transport, read, None), breaker());
            let client = plain_client(transport).map_err(BoxError::from);
            let client = breaker.http_client().layer(client);
            for _ in 0..5 {
                let sent = send(&client, broken_upload(&server)).await;
                sent.expect_err("its body breaks");
            }
            assert_eq!(counted(&breaker), (0, 0), "{transport:?}");
            let whole = request(Method::POST, server.addr(), "/");
            let sent = send(&client, whole).await;
            let read = sent.expect("the server is healthy").into_body().collect();
            read.await.expect("the whole body");
            assert_eq!(counted(&breaker), (1, 0), "{transport:?}");
        });
    }
}

#[test]
fn caller_that_hangs_up_amid_its_upload_does_not_count() {
    for transport in TRANSPORTS {
        run(async {
            let (side, breaker) = (Side::new(), breaker());
            let remote = serve(transport, read, None);
            let client = plain_client(transport).map_err(BoxError::from);
            let client = breaker.http_client().layer(client);
            let client = side.http_client().layer(client);
            let client = client.map_response(|response| response.map(boxed));
            let client = BoxCloneSyncService::new(client);
            let addr = remote.addr();
            // A proxy that forwards the body while it receives it.
            let forward = move |req: Request<AnyBody>| {
                let client = client.clone();
                let sent = request(Method::POST, addr, "/").map(|_| req.into_body());
                client.oneshot(sent)
            };
            let proxy = serve(Transport::Http1, forward, None);
            for call in 1..=3 {
                let mut caller = http1::Connection::open(proxy.addr()).await;
                caller
                    .send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\na part")
                    .await;
                while side.recorder.in_flight() == 0 {
                    tokio::task::yield_now().await;
                }
                drop(caller);
                let calls = side.wait_for_calls(call).await;
                let last = calls.last().expect("a call");
                let outcomes = [Outcome::Cancelled, Outcome::ClientError];
                assert!(outcomes.contains(&last.outcome), "{last:?}");
            }
            assert_eq!(counted(&breaker), (0, 0), "{transport:?}");
        });
    }
}
