//! Everything for a service in one object, with real servers over real sockets and nothing global.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[cfg(feature = "chaos")]
mod chaos;
mod check;
mod controls;
mod end;
mod layers;
mod parts;
mod recorder;
mod route;
mod servers;
#[cfg(all(feature = "chaos", feature = "slo"))]
mod service_levels;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gusset::{Gusset, GussetBuilder};
use gusset_testkit::SharedOutput;
use serde_json::Value;
use tokio::net::TcpListener;

/// Returns the value of no variable.
fn no_variable(_: &str) -> Option<String> {
    None
}

/// Returns a builder that logs JSON to the output, and handles no signals of the test's process.
fn set_up() -> (GussetBuilder, SharedOutput) {
    let output = SharedOutput::default();
    let out = output.clone();
    let builder = gusset::builder()
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .health(|health| health.handle_signals(false));
    (builder, output)
}

fn entries(output: &SharedOutput) -> Vec<Value> {
    let lines = output.lines().into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

/// Returns the access log entries of servers.
fn access_lines(output: &SharedOutput) -> Vec<Value> {
    let mut entries = entries(output);
    entries.retain(|entry| entry["target"] == "gusset::access");
    entries
}

/// Returns a router with the layer of HTTP servers.
fn app(gusset: &Gusset) -> Router {
    let user = async || {
        tracing::info!("found the user");
        metrics::counter!("users.found").increment(1);
        "a user"
    };
    Router::new()
        .route("/users/{id}", get(user))
        .layer(gusset.http())
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The status, the headers and the text of a response.
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    text: String,
}

/// Sends a request on a new connection, on a thread that may block.
async fn request(address: SocketAddr, path: &str) -> Response {
    send(address, path, "connection: close\r\n").await
}

/// Sends a request with these header lines, and reads until the server closes the connection.
async fn send(address: SocketAddr, path: &str, headers: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
    let response = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    });
    let text = response.await.unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let headers = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Response {
        status,
        headers,
        text,
    }
}
