//! Connections that change hands: 101, `CONNECT`, and extended `CONNECT`.

use bytes::Bytes;
use gusset_core::Outcome;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run, soon};
use gusset_tests::stack::{only_fact, serve, told};
use gusset_tests::wire;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Empty, Full};
use hyper_util::rt::TokioIo;

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
const CONNECT: &str = "CONNECT tunnel.test:443 HTTP/1.1\r\nhost: tunnel.test:443\r\n\r\n";

/// Takes the connection over and echoes what comes; refuses what goes to `no.test`.
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
        // The client leaves when it has heard its echo.
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    Ok(res)
}

#[test]
fn a_switch_of_protocols_ends_the_call_at_its_head_and_the_connection_goes_on() {
    for over in [Over::Http1, Over::AxumHttp1] {
        http1_upgrades(over, UPGRADE, "101");
    }
}

#[test]
fn a_connect_over_http1_ends_at_its_head_and_the_tunnel_goes_on() {
    for over in [Over::Http1, Over::AxumHttp1] {
        http1_upgrades(over, CONNECT, "200");
    }
}

#[test]
fn a_connect_over_http2_ends_at_its_head_and_the_tunnel_goes_on() {
    for over in [Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let server = serve(over, echo, Some(&witness));
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let req = Request::connect("tunnel.test:443")
                .body(())
                .expect("a request");
            tunnel(&connection, req, || async {
                check(&told(&witness, 1).await[0], "200");
                assert_eq!(witness.in_flight(), 0, "though the tunnel is still open");
            })
            .await;
        });
        drop(server);
        only_fact(&witness);
    }
}

#[test]
fn a_web_socket_over_http2_ends_at_its_head_and_goes_on() {
    // Of the two only axum's server lets clients ask for one.
    let witness = RecordingObserver::new();
    let server = serve(Over::AxumHttp2, echo, Some(&witness));
    run(async {
        let connection = http2::Connection::open(server.addr()).await;
        // The server's settings, which allow it, are there once something else is.
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
            check(&told(&witness, 2).await[1], "200");
        })
        .await;
    });
    drop(server);
    assert_eq!((witness.calls().len(), witness.in_flight()), (2, 0));
}

#[test]
fn a_connect_that_is_refused_is_a_call_like_any_other() {
    for over in [Over::Http1, Over::AxumHttp1] {
        let witness = RecordingObserver::new();
        let server = serve(over, echo, Some(&witness));
        run(async {
            let request = CONNECT
                .replace("tunnel.test", "no.test")
                .replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
            let answer = http1::Connection::ask(server.addr(), request).await;
            assert!(answer.ends_with(b"not there"));
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ClientError));
        assert_eq!(
            (fact.status, fact.error, fact.bytes),
            (Some("403"), None, 9)
        );
    }
}

/// Upgrades by `request`, bare and observed; says something before and after the end was told; and
/// compares what went over the wire.
fn http1_upgrades(over: Over, request: &str, status: &str) {
    let play = |witness: Option<&RecordingObserver>| {
        let server = serve(over, echo, witness);
        run(async {
            let mut connection = http1::Connection::open(server.addr()).await;
            connection.send(request).await;
            connection.receive_to("\r\n\r\n").await;
            connection.send("hello ").await;
            connection.receive_to("hello ").await;
            if let Some(witness) = witness {
                check(&told(witness, 1).await[0], status);
                assert_eq!(
                    witness.in_flight(),
                    0,
                    "though the connection is still open"
                );
            }
            connection.send("again").await;
            wire::http1(connection.receive_to("again").await)
        })
    };
    let witness = RecordingObserver::new();
    assert_eq!(play(Some(&witness)), play(None));
    only_fact(&witness);
}

/// Opens a tunnel in a stream, and says something before and after `meanwhile`.
async fn tunnel<F: Future<Output = ()>>(
    connection: &http2::Connection,
    req: Request<()>,
    meanwhile: impl FnOnce() -> F,
) {
    let (response, mut there) = connection.send(req, false).await;
    let response = soon(response).await.expect("a head");
    assert_eq!(response.status(), 200);
    let mut back = response.into_body();
    there
        .send_data(Bytes::from("hello "), false)
        .expect("the tunnel is open");
    assert_eq!(
        soon(back.data()).await.expect("data").expect("no error"),
        "hello "
    );
    meanwhile().await;
    there
        .send_data(Bytes::from("again"), true)
        .expect("the tunnel is open");
    assert_eq!(
        soon(back.data()).await.expect("data").expect("no error"),
        "again"
    );
}

fn check(fact: &RecordedCall, status: &str) {
    assert_eq!((fact.end, fact.stage), ("Upgraded", None));
    assert_eq!((fact.outcome, fact.error), (Outcome::Success, None));
    assert_eq!((fact.status, fact.bytes), (Some(status), 0));
    assert_eq!(fact.head, Some(fact.elapsed), "it ended at its head");
    assert_eq!(fact.first_byte, None);
}
