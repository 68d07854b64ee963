//! The bytes that a client sent of a request.

use futures_util::stream;
use gusset_core::Outcome;
use gusset_http::{CountingBody, RequestBodySizeLayer};
use gusset_testkit::ScriptedBody;
use gusset_tests::bodies::{AnyBody, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{run, with_timeout};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use http::Request;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::service::serve;

const SIZE: &str = "http_client_request_body_size_bytes_sum";
const UNSENT: &str = "gusset_http_client_unsent_requests_total";

/// Sends a body to `path` and returns the response body, or `None` if there is none.
async fn send(side: &Side, server: &Server, path: &str, body: AnyBody) -> Option<String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = RequestBodySizeLayer::new().layer(side.http_client().layer(client));
    let req = Request::post(format!("http://{}{path}", server.addr())).body(body);
    let res = with_timeout(client.oneshot(req.expect("a request")))
        .await
        .ok()?;
    let read = with_timeout(res.into_body().collect())
        .await
        .ok()?
        .to_bytes();
    Some(String::from_utf8(read.to_vec()).expect("plain text"))
}

#[test]
fn upload_size_is_recorded() {
    run(async {
        let chunks = || {
            let chunks = ["pay", "load"].map(|chunk| {
                Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from(chunk)))
            });
            boxed(StreamBody::new(stream::iter(chunks)))
        };
        for body in [boxed(Full::from("payload")), chunks()] {
            let side = Side::new();
            let server = serve(Transport::Http1, None);
            let read = send(&side, &server, "/all", body).await;
            assert_eq!(read.as_deref(), Some("payload"));
            side.wait_for_call().await;
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

/// Returns the bytes that a server receives for an upload that ends with `end`.
async fn wire_of(body: AnyBody, end: &str, observed: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("it is bound");
    let client = Client::builder(TokioExecutor::new());
    // The host name is part of the bytes, so it must not have the port.
    let req = Request::post(format!("http://{addr}/")).header("host", "localhost");
    let req = req.body(body).expect("a request");
    let request = async {
        let response = if observed {
            let client = client.build_http::<CountingBody<AnyBody>>();
            let layers = RequestBodySizeLayer::new().layer(Side::new().http_client().layer(client));
            layers.oneshot(req).await.map(|res| res.status())
        } else {
            let client = client.build_http::<AnyBody>();
            client.oneshot(req).await.map(|res| res.status())
        };
        assert_eq!(response.expect("a response"), 204);
    };
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("loopback connects");
        let mut received = Vec::new();
        while !received.ends_with(end.as_bytes()) {
            let len = stream
                .read_buf(&mut received)
                .await
                .expect("the client sends");
            assert!(len > 0, "the client sends");
        }
        let response = b"HTTP/1.1 204 No Content\r\n\r\n";
        stream.write_all(response).await.expect("the peer reads");
        String::from_utf8(received).expect("plain text")
    };
    with_timeout(async { tokio::join!(serve, request).0 }).await
}

#[test]
fn upload_bytes_are_unchanged() {
    run(async {
        let full = || boxed(Full::from("payload"));
        let chunks = || boxed(ScriptedBody::new().data("pay").data("load"));
        let observed = wire_of(full(), "payload", true).await;
        assert_eq!(observed, wire_of(full(), "payload", false).await);
        assert!(observed.contains("content-length: 7\r\n"), "{observed}");
        let observed = wire_of(chunks(), "0\r\n\r\n", true).await;
        assert_eq!(observed, wire_of(chunks(), "0\r\n\r\n", false).await);
    });
}

#[test]
fn empty_upload_is_complete() {
    run(async {
        let side = Side::new();
        let server = serve(Transport::Http1, None);
        send(&side, &server, "/all", boxed(Full::from(""))).await;
        side.wait_for_call().await;
        assert!(side.rows(SIZE)[0].ends_with(" 0"));
        assert!(side.rows(UNSENT).is_empty());
    });
}

#[test]
fn early_response_makes_upload_partial() {
    run(async {
        let side = Side::new();
        let server = serve(Transport::Http1, None);
        // The response follows the first chunk, and there is no second.
        let body = boxed(ScriptedBody::new().data("half ").pend_forever());
        let read = send(&side, &server, "/first", body).await;
        assert_eq!(read.as_deref(), Some("half "));
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::Success));
        let unsent = side.rows(UNSENT);
        assert!(
            unsent.len() == 1 && unsent[0].contains(r#"gusset_request_read="partial""#),
            "{unsent:?}"
        );
        assert!(side.rows(SIZE)[0].ends_with(" 5"));
    });
}

#[test]
fn failing_upload_body_is_aborted() {
    run(async {
        let side = Side::new();
        let server = serve(Transport::Http1, None);
        let body = boxed(ScriptedBody::new().data("half ").pending().error());
        assert_eq!(send(&side, &server, "/all", body).await, None);
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.outcome), ("Failed", Outcome::ClientError));
        assert_eq!(call.error, Some("request_body"));
        let unsent = side.rows(UNSENT);
        assert!(
            unsent.len() == 1 && unsent[0].contains(r#"gusset_request_read="aborted""#),
            "{unsent:?}"
        );
    });
}
