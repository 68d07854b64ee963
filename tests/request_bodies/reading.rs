//! What a server read of its requests.

use gusset_core::Outcome;
use gusset_tests::numbers::Side;

use crate::servers::OVER;
use crate::uploads::Step::{Await, Leave, ReadAll, Send};
use crate::uploads::{Step, play};

const SIZE: &str = "http_server_request_body_size_bytes";

/// Asserts how many bytes were read, of one request, and how far: `None` is to its end.
fn assert_read(side: &Side, bytes: u64, how: Option<&str>) {
    let count = side.rows(&format!("{SIZE}_count"));
    assert!(count.len() == 1 && count[0].ends_with(" 1"), "{count:?}");
    let sum = side.rows(&format!("{SIZE}_sum"));
    assert!(sum[0].ends_with(&format!("}} {bytes}")), "{bytes}: {sum:?}");
    let unread = side.rows("gusset_http_server_unread_requests_total");
    match how {
        None => assert!(unread.is_empty(), "{unread:?}"),
        Some(how) => {
            assert_eq!(unread.len(), 1);
            let label = format!(r#"gusset_request_read="{how}""#);
            assert!(
                unread[0].contains(&label) && unread[0].ends_with(" 1"),
                "{unread:?}"
            );
        }
    }
}

fn assert_play(steps: &[Step], bytes: u64, how: Option<&str>) {
    for over in OVER {
        assert_read(&play(over, steps), bytes, how);
    }
}

#[test]
fn a_request_with_a_length_is_read_to_its_end() {
    let sent =
        "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\npayload";
    assert_play(&[Send(sent), ReadAll], 7, None);
}

#[test]
fn a_request_in_chunks_is_read_to_its_end() {
    let head =
        "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let steps = [
        Send(head),
        Send("3\r\npay\r\n"),
        Send("4\r\nload\r\n"),
        Send("0\r\n\r\n"),
        ReadAll,
    ];
    assert_play(&steps, 7, None);
}

#[test]
fn a_request_without_a_body_is_read_whole_by_anybody() {
    for path in ["all", "nothing"] {
        let sent = [
            "GET /",
            path,
            " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        ]
        .concat();
        assert_play(&[Send(sent.leak()), ReadAll], 0, None);
    }
}

#[test]
fn a_part_of_a_request_with_a_length_is_counted_as_such() {
    let head =
        "POST /first HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf ";
    // The answer has come before the rest is sent, which nobody reads.
    assert_play(&[Send(head), Await("half "), Leave], 5, Some("partial"));
}

#[test]
fn a_part_of_a_request_in_chunks_is_counted_as_such() {
    let head = "POST /first HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                transfer-encoding: chunked\r\n\r\n5\r\nhalf \r\n";
    assert_play(&[Send(head), Await("half "), Leave], 5, Some("partial"));
}

#[test]
fn a_request_that_nobody_reads_is_unread() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\npayload";
    assert_play(
        &[Send(sent), Await("content-length: 0\r\n"), Leave],
        0,
        Some("partial"),
    );
}

#[test]
fn an_expectation_that_is_never_met_is_unread_and_no_100_is_sent() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
                content-length: 7\r\n\r\n";
    // The bare service's wire has no 100 either: `play` compares.
    assert_play(&[Send(sent), ReadAll], 0, Some("partial"));
}

#[test]
fn an_expectation_that_is_met_is_met_once_the_service_reads() {
    let head = "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
                content-length: 7\r\n\r\n";
    let steps = [
        Send(head),
        Await("100 Continue\r\n\r\n"),
        Send("payload"),
        ReadAll,
    ];
    assert_play(&steps, 7, None);
}

#[test]
fn an_upload_that_the_caller_breaks_off_is_broken() {
    for framing in [
        "content-length: 100\r\n\r\npay",
        "transfer-encoding: chunked\r\n\r\n3\r\npay\r\n",
    ] {
        let sent = [
            "POST /all HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n",
            framing,
        ]
        .concat();
        let (head, body) = sent.split_once("\r\n\r\n").expect("a head");
        let head = [head, "\r\n\r\n"].concat();
        let body = body.to_owned();
        let steps = [
            Send(head.leak()),
            Await("100 Continue\r\n\r\n"),
            Send(body.leak()),
            Leave,
        ];
        for over in OVER {
            let side = play(over, &steps);
            assert_read(&side, 3, Some("aborted"));
            // The service hears of it as an error of the body, and answers.
            let fact = &side.witness.calls()[0];
            assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::ClientError));
        }
    }
}

#[test]
fn a_chunk_that_is_no_chunk_is_broken() {
    let sent = "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                transfer-encoding: chunked\r\n\r\n3\r\npay\r\nnonsense\r\n";
    assert_play(&[Send(sent), ReadAll], 3, Some("aborted"));
}

#[test]
fn a_caller_that_leaves_before_the_rest_of_its_upload_is_asked_for_is_counted_once() {
    let sent = "POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\npay";
    assert_play(
        &[Send(sent), Await("content-length: 0\r\n"), Leave],
        0,
        Some("partial"),
    );
}
