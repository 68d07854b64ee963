//! The listener over real sockets, from a plain thread.
#![cfg(feature = "listener")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::error::Error as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use gusset_prometheus::{Listener, ListenerBuilder, Prometheus};

/// A listener to be set up, deaf to the environment of the test.
fn builder() -> ListenerBuilder {
    let prometheus = Prometheus::builder().build().unwrap();
    let recorder = prometheus.recorder();
    metrics::with_local_recorder(&recorder, || metrics::counter!("hits").increment(1));
    prometheus.listener().environment(|_| None)
}

fn listener() -> Listener {
    builder().port(0).start().unwrap()
}

/// Sends a request and reads to the end of the connection.
fn exchange(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Reads one answer off a connection that stays open; its body is as long as its head says.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length = length.split_once('\r').unwrap().0.parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

#[test]
fn the_page_is_served_on_a_port_the_system_found() {
    let listener = listener();
    let address = listener.local_addr();
    assert!(address.ip().is_loopback() && address.port() != 0);
    let answer = exchange(address, "GET /metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(answer.contains("\nhits_total 1\n"), "{answer}");
}

#[test]
fn head_says_how_long_the_page_is_and_sends_none_of_it() {
    let answer = exchange(listener().local_addr(), "HEAD /metrics");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (_, length) = head.split_once("content-length: ").unwrap();
    assert!(!length.starts_with('0'), "{head}");
    assert_eq!(body, "");
}

#[test]
fn only_the_page_is_there() {
    let listener = listener();
    let answer = exchange(listener.local_addr(), "GET /");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    let answer = exchange(listener.local_addr(), "POST /metrics");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[test]
fn one_connection_serves_many_scrapes() {
    let listener = listener();
    let mut stream = TcpStream::connect(listener.local_addr()).unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"GET /metrics?name[]=x HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        assert!(read_answer(&mut stream).contains("\nhits_total 1\n"));
    }
}

#[test]
fn dropping_the_handle_closes_the_port_and_idle_connections() {
    let listener = listener();
    let address = listener.local_addr();
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    read_answer(&mut idle);
    // So that a connection that does not end is a failure, and no test that hangs.
    idle.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();

    drop(listener);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0, "the connection ends");
    // The drop does not wait; the port is closed as soon as the thread comes to it.
    let mut tries = 0;
    while TcpListener::bind(address).is_err() {
        tries += 1;
        assert!(tries < 1_000_000, "the port stays open");
        thread::yield_now();
    }
}

#[test]
fn after_shutdown_the_port_is_free() {
    let listener = listener();
    let address = listener.local_addr();
    // One that never says anything does not hold it up.
    let _silent = TcpStream::connect(address).unwrap();
    listener.shutdown();
    assert!(TcpStream::connect(address).is_err());
    TcpListener::bind(address).unwrap();
}

#[test]
fn code_is_above_the_environment_is_above_the_default() {
    let with = |host: &'static str, port: &'static str| {
        builder().environment(move |name| match name {
            "OTEL_EXPORTER_PROMETHEUS_HOST" => Some(host.to_owned()),
            "OTEL_EXPORTER_PROMETHEUS_PORT" => Some(port.to_owned()),
            _ => None,
        })
    };
    let listener = with("localhost", "0").start().unwrap();
    assert!(listener.local_addr().ip().is_loopback());
    assert_ne!(listener.local_addr().port(), 9464);
    // What code overrides need not even make sense.
    let listener = with("no such host", "no port")
        .host("127.0.0.1")
        .port(0)
        .start();
    assert!(listener.is_ok());
    // Empty is unset.
    assert!(with("", "").port(0).start().is_ok());
}

#[test]
fn a_bad_variable_is_named() {
    for bad in ["http", "65536", "-1", "94 64"] {
        let environment =
            |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_PORT").then(|| bad.to_owned());
        let error = builder().environment(environment).start().unwrap_err();
        let expected = format!("OTEL_EXPORTER_PROMETHEUS_PORT: `{bad}` is not a port number");
        assert_eq!(error.to_string(), expected);
    }
    let environment =
        |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_HOST").then(|| "a b".to_owned());
    let error = builder()
        .port(0)
        .environment(environment)
        .start()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("OTEL_EXPORTER_PROMETHEUS_HOST: `a b` "),
        "{error}"
    );
    assert!(error.source().is_some());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = builder().port(port).start().unwrap_err();
    let expected = format!("cannot listen on host `127.0.0.1`, port {port}");
    assert_eq!(error.to_string(), expected);
    assert!(error.source().is_some());
}
