//! What a client sent of its requests.

use futures_util::stream;
use gusset_core::Outcome;
use gusset_http::{CountingBody, RequestBodySizeLayer};
use gusset_testkit::ScriptedBody;
use gusset_tests::answers::{AnyBody, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{run, soon};
use gusset_tests::numbers::Side;
use gusset_tests::servers::Server;
use http::Request;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::servers::serve;

const SIZE: &str = "http_client_request_body_size_bytes_sum";
const UNSENT: &str = "gusset_http_client_unsent_requests_total";

/// Sends that to `path`, counted on that side, and reads the answer to its end; `None` if none comes.
async fn send(side: &Side, server: &Server, path: &str, body: AnyBody) -> Option<String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = RequestBodySizeLayer::new().layer(side.http_client().layer(client));
    let req = Request::post(format!("http://{}{path}", server.addr())).body(body);
    let res = soon(client.oneshot(req.expect("a request"))).await.ok()?;
    let read = soon(res.into_body().collect()).await.ok()?.to_bytes();
    Some(String::from_utf8(read.to_vec()).expect("plain text"))
}

#[test]
fn an_upload_is_counted_as_it_is_sent() {
    run(async {
        let pieces = || {
            let pieces = ["pay", "load"].map(|piece| {
                Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from(piece)))
            });
            boxed(StreamBody::new(stream::iter(pieces)))
        };
        for body in [boxed(Full::from("payload")), pieces()] {
            let side = Side::new();
            let server = serve(Over::Http1, None);
            let read = send(&side, &server, "/all", body).await;
            assert_eq!(read.as_deref(), Some("payload"));
            side.told_one().await;
            let port = server.addr().port();
            assert_eq!(
                side.rows(SIZE),
                [format!(
                    r#"{{http_request_method="POST",http_response_status_code="200",network_protocol_version="1.1",server_address="127.0.0.1",server_port="{port}"}} 7"#
                )]
            );
            assert!(side.rows(UNSENT).is_empty());
        }
    });
}

/// What a server gets on the wire of that upload, which ends with `end`; counted or not.
async fn wire_of(body: AnyBody, end: &str, counted: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("it is bound");
    let client = Client::builder(TokioExecutor::new());
    // One name whatever the port: it is on the wire.
    let req = Request::post(format!("http://{addr}/")).header("host", "localhost");
    let req = req.body(body).expect("a request");
    let ask = async {
        let answer = if counted {
            let client = client.build_http::<CountingBody<AnyBody>>();
            let layers = RequestBodySizeLayer::new().layer(Side::new().http_client().layer(client));
            layers.oneshot(req).await.map(|res| res.status())
        } else {
            let client = client.build_http::<AnyBody>();
            client.oneshot(req).await.map(|res| res.status())
        };
        assert_eq!(answer.expect("an answer"), 204);
    };
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("loopback connects");
        let mut received = Vec::new();
        while !received.ends_with(end.as_bytes()) {
            let len = stream.read_buf(&mut received).await.expect("it sends");
            assert!(len > 0, "it sends");
        }
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        stream.write_all(answer).await.expect("it reads");
        String::from_utf8(received).expect("plain text")
    };
    soon(async { tokio::join!(serve, ask).0 }).await
}

#[test]
fn the_bytes_of_an_upload_are_those_of_the_client_without_the_layer() {
    run(async {
        let whole = || boxed(Full::from("payload"));
        let pieces = || boxed(ScriptedBody::new().data("pay").data("load"));
        let counted = wire_of(whole(), "payload", true).await;
        assert_eq!(counted, wire_of(whole(), "payload", false).await);
        assert!(counted.contains("content-length: 7\r\n"), "{counted}");
        let counted = wire_of(pieces(), "0\r\n\r\n", true).await;
        assert_eq!(counted, wire_of(pieces(), "0\r\n\r\n", false).await);
    });
}

#[test]
fn a_request_without_a_body_is_sent_whole() {
    run(async {
        let side = Side::new();
        let server = serve(Over::Http1, None);
        send(&side, &server, "/all", boxed(Full::from(""))).await;
        side.told_one().await;
        assert!(side.rows(SIZE)[0].ends_with(" 0"));
        assert!(side.rows(UNSENT).is_empty());
    });
}

#[test]
fn an_upload_that_is_answered_before_its_end_is_unsent() {
    run(async {
        let side = Side::new();
        let server = serve(Over::Http1, None);
        // It is answered by its first piece, and there is no second.
        let body = boxed(ScriptedBody::new().data("half ").pend_forever());
        let read = send(&side, &server, "/first", body).await;
        assert_eq!(read.as_deref(), Some("half "));
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Success));
        let unsent = side.rows(UNSENT);
        assert!(
            unsent.len() == 1 && unsent[0].contains(r#"gusset_request_read="partial""#),
            "{unsent:?}"
        );
        assert!(side.rows(SIZE)[0].ends_with(" 5"));
    });
}

#[test]
fn an_upload_whose_own_body_fails_is_broken() {
    run(async {
        let side = Side::new();
        let server = serve(Over::Http1, None);
        let body = boxed(ScriptedBody::new().data("half ").pending().error());
        assert_eq!(send(&side, &server, "/all", body).await, None);
        let fact = side.told_one().await;
        assert_eq!((fact.end, fact.outcome), ("Failed", Outcome::ServerError));
        let unsent = side.rows(UNSENT);
        assert!(
            unsent.len() == 1 && unsent[0].contains(r#"gusset_request_read="aborted""#),
            "{unsent:?}"
        );
    });
}
