//! Reports by POST to a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use gusset_incident::{Captured, FlightRecorder, Incidents, Report, Trigger, Webhook};

/// A request: its head and its body.
type Request = (String, String);

/// Serves one connection for each status, and returns what was sent. `0` closes it without a response.
fn receiver(statuses: &'static [u16]) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sent, received) = channel();
    thread::spawn(move || {
        for status in statuses {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
                head += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            sent.send((head, String::from_utf8(body).unwrap())).unwrap();
            if *status > 0 {
                let response = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                reader.into_inner().write_all(response.as_bytes()).unwrap();
            }
        }
    });
    (address, received)
}

fn capture(webhook: Webhook, timeout: Duration) -> Captured {
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .destination(webhook)
        .delivery_timeout(timeout)
        .start()
        .unwrap();
    incidents.capture(Trigger::Manual, "test").unwrap()
}

fn webhook(address: SocketAddr) -> Webhook {
    Webhook::new(&format!("http://me:s3cret@{address}/hooks/t0ken")).unwrap()
}

/// Longer than any test.
const LONG: Duration = Duration::from_secs(30);

#[test]
fn report_is_posted_as_json() {
    let (address, received) = receiver(&[204]);
    let webhook = webhook(address).header("authorization", "Bearer abc");
    let captured = capture(webhook, LONG);
    assert_eq!(
        captured.delivered,
        [format!("http://{address}")],
        "without credentials and path"
    );
    let (head, body) = received.recv().unwrap();
    assert!(head.starts_with("POST /hooks/t0ken HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );
    assert!(head.contains("authorization: bearer abc\r\n"), "{head}");
    assert_eq!(Report::from_json(&body).unwrap().id, captured.id);
}

#[test]
fn receiver_that_fails_is_tried_again() {
    let (address, received) = receiver(&[503, 0, 429, 200]);
    let captured = capture(webhook(address), LONG);
    assert_eq!((captured.delivered.len(), captured.failed), (1, 0));
    assert_eq!(received.iter().count(), 4);
}

#[test]
fn refusal_is_final() {
    let (address, received) = receiver(&[401, 200]);
    let captured = capture(webhook(address), LONG);
    assert_eq!((captured.delivered.len(), captured.failed), (0, 1));
    received.recv().unwrap();
    assert!(received.try_recv().is_err());
}

#[test]
fn redirect_is_not_followed() {
    let (address, received) = receiver(&[302, 200]);
    assert_eq!(capture(webhook(address), LONG).failed, 1);
    received.recv().unwrap();
    assert!(received.try_recv().is_err());
}

#[test]
fn receiver_that_never_responds_ends_at_the_deadline() {
    // The kernel accepts, and no program reads.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let captured = capture(webhook(address), Duration::from_millis(300));
    assert_eq!((captured.delivered.len(), captured.failed), (0, 1));
}

#[test]
fn wrong_urls_are_errors() {
    for (url, problem) in [
        ("", "not a URL"),
        (
            "ftp://host/",
            "not a URL that begins with http:// or https://",
        ),
        ("/path", "not a URL that begins with http:// or https://"),
    ] {
        let error = Webhook::new(url).unwrap_err();
        assert_eq!(error.to_string(), format!("`webhook`: {problem}"));
    }
    let secure = Webhook::new("https://reports.example/");
    assert_eq!(secure.is_ok(), cfg!(feature = "webhook-tls"), "{secure:?}");
}
