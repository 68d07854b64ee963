//! A server with an endpoint, and plain clients.

use std::future::{Ready, ready};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use gusset_admin::{ManagementServer, ManagementServerBuilder};
use gusset_http::{Endpoint, RequestHead};
use http::Response;
use http_body_util::Full;

/// Connects. A server that does not answer fails the test instead of hanging it.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

pub(crate) struct Text(pub(crate) &'static str);

impl Endpoint for Text {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, _: RequestHead<'_>) -> Self::Future {
        ready(Response::new(self.0.into()))
    }
}

/// Returns a builder that does not read the environment of the test.
pub(crate) fn builder() -> ManagementServerBuilder {
    ManagementServer::builder()
        .env(|_| None)
        .route("/a", Text("one"))
}

pub(crate) fn server() -> ManagementServer {
    builder().port(0).start().unwrap()
}

pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// Reads one response from a connection that stays open.
pub(crate) fn read_response(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    let mut byte = [0];
    while !response.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        response.push(byte[0]);
    }
    let headers = String::from_utf8(response).unwrap();
    let (_, length) = headers.split_once("content-length: ").unwrap();
    let length = length.split_once('\r').unwrap().0.parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    headers + std::str::from_utf8(&body).unwrap()
}
