//! Endpoints on a listener of their own, over real sockets.

use std::future::{Ready, ready};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use gusset_http::{Endpoint, EndpointListener, EndpointListenerBuilder, RequestHead};
use http::Response;
use http_body_util::Full;

struct Says(&'static str);

impl Endpoint for Says {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, _: RequestHead<'_>) -> Self::Future {
        ready(Response::new(self.0.into()))
    }
}

fn builder() -> EndpointListenerBuilder {
    EndpointListener::named("test").mount("/a", Says("one"))
}

fn start(builder: EndpointListenerBuilder) -> EndpointListener {
    builder
        .start(TcpListener::bind("127.0.0.1:0").unwrap())
        .unwrap()
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_is_set_up_here_and_held_anywhere() {
    fn shared<T: Send + Sync>() {}
    shared::<EndpointListener>();
    shared::<EndpointListenerBuilder>();
}

#[test]
fn each_path_has_its_endpoint_and_other_paths_a_line() {
    let builder = builder()
        .mount("/b", Says("two"))
        .mount("/a", Says("another"))
        .otherwise("nothing here\n");
    assert_eq!(builder.paths().collect::<Vec<_>>(), ["/a", "/b"]);
    let listener = start(builder);
    let address = listener.local_addr();
    assert!(ask(address, "/a?query").ends_with("\r\n\r\nanother"));
    assert!(ask(address, "/b").ends_with("\r\n\r\ntwo"));
    let missing = ask(address, "/a/");
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    assert!(missing.ends_with("\r\n\r\nnothing here\n"), "{missing}");
}

#[test]
fn its_port_is_free_once_it_is_shut_down() {
    let listener = start(builder());
    let address = listener.local_addr();
    // An idle connection does not hold it up.
    let _idle = TcpStream::connect(address).unwrap();
    listener.shutdown();
    assert!(TcpListener::bind(address).is_ok());
}

#[test]
fn connections_beyond_the_most_wait_for_their_turn() {
    let listener = start(builder().connections(1));
    let address = listener.local_addr();
    // Accepted in their order: this one is served first, and says nothing.
    let first = TcpStream::connect(address).unwrap();
    let mut second = TcpStream::connect(address).unwrap();
    second
        .write_all(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    // Right code never answers before the first is gone, however long this waits.
    second
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut answer = [0; 512];
    assert!(second.read(&mut answer).is_err(), "answered out of turn");
    drop(first);
    second
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut answer = String::new();
    second.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("one"), "{answer}");
}
