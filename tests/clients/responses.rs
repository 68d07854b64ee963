//! Calls with a response.

use gusset_core::Outcome;
use gusset_tests::clients::run;
use gusset_tests::side::Side;
use http::Method;
use http_body_util::BodyExt;

use crate::setup::{TRANSPORTS, get, observed_client, request, scripted, send, serve_paths};

#[test]
fn response_read_to_end_is_success() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let res = get(&observed_client(&side, transport), &server, "/").await;
            let read = res
                .expect("a response")
                .collect()
                .await
                .expect("the whole body");
            assert_eq!(read.to_bytes(), "hello");
            let call = side.wait_for_call().await;
            assert_eq!((call.end, call.outcome), ("Complete", Outcome::Success));
            assert_eq!((call.status, call.error), (Some("200"), None));
            assert_eq!((call.bytes, call.responses), (5, 1), "{transport:?}");
        });
    }
}

#[test]
fn status_404_is_client_error_with_type() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let res = get(&observed_client(&side, transport), &server, "/nothing").await;
            res.expect("a response")
                .collect()
                .await
                .expect("the whole body");
            let call = side.wait_for_call().await;
            assert_eq!((call.end, call.outcome), ("Complete", Outcome::ClientError));
            assert_eq!((call.status, call.error), (Some("404"), Some("404")));
        });
    }
}

#[test]
fn status_500_is_server_error() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let res = get(&observed_client(&side, transport), &server, "/broken").await;
            res.expect("a response")
                .collect()
                .await
                .expect("the whole body");
            let call = side.wait_for_call().await;
            assert_eq!((call.end, call.outcome), ("Complete", Outcome::ServerError));
            assert_eq!((call.status, call.error), (Some("500"), Some("500")));
        });
    }
}

#[test]
fn head_response_is_complete_without_body() {
    run(async {
        let side = Side::new();
        let server = scripted("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        let client = observed_client(&side, TRANSPORTS[0]);
        let res = send(&client, request(Method::HEAD, server.addr(), "/")).await;
        drop(res.expect("a response"));
        let call = side.wait_for_call().await;
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::Success));
        assert_eq!((call.status, call.bytes), (Some("200"), 0));
    });
}
