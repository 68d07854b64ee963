//! Upgraded connections: 101, `CONNECT` and extended `CONNECT`.

use bytes::Bytes;
use gusset_core::Outcome;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use gusset_tests::wire;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Empty, Full};
use hyper_util::rt::TokioIo;

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
const CONNECT: &str = "CONNECT tunnel.test:443 HTTP/1.1\r\nhost: tunnel.test:443\r\n\r\n";

/// Upgrades the connection and echoes its bytes. Rejects `no.test`.
async fn echo(mut req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    if req.uri().host() == Some("no.test") {
        let mut res = Response::new(boxed(Full::from("not there")));
        *res.status_mut() = StatusCode::FORBIDDEN;
        return Ok(res);
    }
    let mut res = Response::new(boxed(Empty::new()));
    if req.method() != Method::CONNECT {
        if !req.headers().contains_key(header::UPGRADE) {
            return Ok(res);
        }
        *res.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        res.headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        res.headers_mut()
            .insert(header::UPGRADE, HeaderValue::from_static("echo"));
    }
    let upgraded = hyper::upgrade::on(&mut req);
    tokio::spawn(async move {
        let upgraded = upgraded.await.expect("the connection changes hands");
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        // The client disconnects when it has received its echo.
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    Ok(res)
}

#[test]
fn switched_protocol_ends_the_call_at_headers() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        http1_upgrades(transport, UPGRADE, "101");
    }
}

#[test]
fn http1_connect_ends_the_call_at_headers() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        http1_upgrades(transport, CONNECT, "200");
    }
}

#[test]
fn http2_connect_ends_the_call_at_headers() {
    for transport in [Transport::Http2, Transport::AxumHttp2] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, echo, Some(&recorder));
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let req = Request::connect("tunnel.test:443")
                .body(())
                .expect("a request");
            tunnel(&connection, req, || async {
                check(&wait_for_calls(&recorder, 1).await[0], "200");
                assert_eq!(recorder.in_flight(), 0, "the tunnel is still open");
            })
            .await;
        });
        drop(server);
        only_call(&recorder);
    }
}

#[test]
fn http2_websocket_ends_the_call_at_headers() {
    // Only axum's server allows it.
    let recorder = RecordingObserver::new();
    let server = serve(Transport::AxumHttp2, echo, Some(&recorder));
    run(async {
        let connection = http2::Connection::open(server.addr()).await;
        // The settings that allow it have arrived once another response has.
        let first = Request::get("http://localhost/")
            .body(())
            .expect("a request");
        http2::receive_all(connection.send(first, true).await.0).await;
        let mut req = Request::connect("http://localhost/")
            .body(())
            .expect("a request");
        req.extensions_mut()
            .insert(h2::ext::Protocol::from_static("websocket"));
        tunnel(&connection, req, || async {
            check(&wait_for_calls(&recorder, 2).await[1], "200");
        })
        .await;
    });
    drop(server);
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (2, 0));
}

#[test]
fn rejected_connect_is_an_ordinary_call() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, echo, Some(&recorder));
        run(async {
            let request = CONNECT
                .replace("tunnel.test", "no.test")
                .replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
            let response = http1::Connection::round_trip(server.addr(), request).await;
            assert!(response.ends_with(b"not there"));
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::ClientError));
        assert_eq!(
            (call.status, call.error, call.bytes),
            (Some("403"), None, 9)
        );
    }
}

/// Upgrades by `request`, with and without an observer, and compares the bytes. Sends data before
/// and after the call has ended.
fn http1_upgrades(transport: Transport, request: &str, status: &str) {
    let exchange = |recorder: Option<&RecordingObserver>| {
        let server = serve(transport, echo, recorder);
        run(async {
            let mut connection = http1::Connection::open(server.addr()).await;
            connection.send(request).await;
            connection.receive_to("\r\n\r\n").await;
            connection.send("hello ").await;
            connection.receive_to("hello ").await;
            if let Some(recorder) = recorder {
                check(&wait_for_calls(recorder, 1).await[0], status);
                assert_eq!(recorder.in_flight(), 0, "the connection is still open");
            }
            connection.send("again").await;
            wire::http1(connection.receive_to("again").await)
        })
    };
    let recorder = RecordingObserver::new();
    assert_eq!(exchange(Some(&recorder)), exchange(None));
    only_call(&recorder);
}

/// Opens a tunnel in a stream, and sends data before and after `meanwhile`.
async fn tunnel<F: Future<Output = ()>>(
    connection: &http2::Connection,
    req: Request<()>,
    meanwhile: impl FnOnce() -> F,
) {
    let (response, mut there) = connection.send(req, false).await;
    let response = with_timeout(response).await.expect("response headers");
    assert_eq!(response.status(), 200);
    let mut back = response.into_body();
    there
        .send_data(Bytes::from("hello "), false)
        .expect("the tunnel is open");
    assert_eq!(
        with_timeout(back.data())
            .await
            .expect("data")
            .expect("no error"),
        "hello "
    );
    meanwhile().await;
    there
        .send_data(Bytes::from("again"), true)
        .expect("the tunnel is open");
    assert_eq!(
        with_timeout(back.data())
            .await
            .expect("data")
            .expect("no error"),
        "again"
    );
}

fn check(call: &RecordedCall, status: &str) {
    assert_eq!((call.end, call.stage), ("Upgraded", None));
    assert_eq!((call.outcome, call.error), (Outcome::Success, None));
    assert_eq!((call.status, call.bytes), (Some(status), 0));
    assert_eq!(
        call.headers,
        Some(call.elapsed),
        "the call ended with its headers"
    );
    assert_eq!(call.first_byte, None);
}
