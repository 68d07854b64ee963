//! The bytes that a server read of a request.

use gusset_core::Outcome;
use gusset_tests::side::Side;

use crate::service::TRANSPORTS;
use crate::uploads::Step::{Await, Leave, ReadAll, Send};
use crate::uploads::{Step, exchange};

const SIZE: &str = "http_server_request_body_size_bytes";

/// Asserts the bytes that were read of the only request, and its read state. `None` is complete.
fn assert_read(side: &Side, bytes: u64, state: Option<&str>) {
    let count = side.rows(&format!("{SIZE}_count"));
    assert!(count.len() == 1 && count[0].ends_with(" 1"), "{count:?}");
    let sum = side.rows(&format!("{SIZE}_sum"));
    assert!(sum[0].ends_with(&format!("}} {bytes}")), "{bytes}: {sum:?}");
    let unread = side.rows("gusset_http_server_unread_requests_total");
    match state {
        None => assert!(unread.is_empty(), "{unread:?}"),
        Some(state) => {
            assert_eq!(unread.len(), 1);
            let label = format!(r#"gusset_request_read="{state}""#);
            assert!(
                unread[0].contains(&label) && unread[0].ends_with(" 1"),
                "{unread:?}"
            );
        }
    }
}

fn assert_exchange(steps: &[Step], bytes: u64, state: Option<&str>) {
    for transport in TRANSPORTS {
        assert_read(&exchange(transport, steps), bytes, state);
    }
}

#[test]
fn sized_request_is_read_to_end() {
    let sent =
        "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\npayload";
    assert_exchange(&[Send(sent), ReadAll], 7, None);
}

#[test]
fn chunked_request_is_read_to_end() {
    let headers =
        "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let steps = [
        Send(headers),
        Send("3\r\npay\r\n"),
        Send("4\r\nload\r\n"),
        Send("0\r\n\r\n"),
        ReadAll,
    ];
    assert_exchange(&steps, 7, None);
}

#[test]
fn empty_request_is_complete() {
    for path in ["all", "nothing"] {
        let sent = [
            "GET /",
            path,
            " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        ]
        .concat();
        assert_exchange(&[Send(sent.leak()), ReadAll], 0, None);
    }
}

#[test]
fn partly_read_sized_request_is_partial() {
    let headers =
        "POST /first HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf ";
    // The response arrives before the client sends the rest, which is not read.
    assert_exchange(&[Send(headers), Await("half "), Leave], 5, Some("partial"));
}

#[test]
fn partly_read_chunked_request_is_partial() {
    let headers = "POST /first HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                transfer-encoding: chunked\r\n\r\n5\r\nhalf \r\n";
    assert_exchange(&[Send(headers), Await("half "), Leave], 5, Some("partial"));
}

#[test]
fn unread_request_is_partial() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\npayload";
    assert_exchange(
        &[Send(sent), Await("content-length: 0\r\n"), Leave],
        0,
        Some("partial"),
    );
}

#[test]
fn unread_expectation_sends_no_100() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
                content-length: 7\r\n\r\n";
    // `exchange` compares the bytes with those of the service without a layer.
    assert_exchange(&[Send(sent), ReadAll], 0, Some("partial"));
}

#[test]
fn reading_sends_100_continue() {
    let headers = "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
                content-length: 7\r\n\r\n";
    let steps = [
        Send(headers),
        Await("100 Continue\r\n\r\n"),
        Send("payload"),
        ReadAll,
    ];
    assert_exchange(&steps, 7, None);
}

#[test]
fn upload_aborted_by_client_is_aborted() {
    for framing in [
        "content-length: 100\r\n\r\npay",
        "transfer-encoding: chunked\r\n\r\n3\r\npay\r\n",
    ] {
        let sent = [
            "POST /all HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n",
            framing,
        ]
        .concat();
        let (headers, body) = sent.split_once("\r\n\r\n").expect("response headers");
        let headers = [headers, "\r\n\r\n"].concat();
        let body = body.to_owned();
        let steps = [
            Send(headers.leak()),
            Await("100 Continue\r\n\r\n"),
            Send(body.leak()),
            Leave,
        ];
        for transport in TRANSPORTS {
            let side = exchange(transport, &steps);
            assert_read(&side, 3, Some("aborted"));
            // The service receives an error of the body, and responds.
            let call = &side.recorder.calls()[0];
            assert_eq!((call.end, call.outcome), ("Complete", Outcome::ClientError));
        }
    }
}

#[test]
fn malformed_chunk_is_aborted() {
    let sent = "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                transfer-encoding: chunked\r\n\r\n3\r\npay\r\nnonsense\r\n";
    assert_exchange(&[Send(sent), ReadAll], 3, Some("aborted"));
}

#[test]
fn client_leaving_unread_upload_counts_once() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\npay";
    assert_exchange(
        &[Send(sent), Await("content-length: 0\r\n"), Leave],
        0,
        Some("partial"),
    );
}
