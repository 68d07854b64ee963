//! Servers of HTTP.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::process::get;
use crate::running::{Running, Server, command};

/// Checks that a server observes a call by its route, is probed, and ends with 0.
async fn observes_by_route(example: &str, path: &str, route: &str) {
    let mut server = Server::start(example).await;
    assert_eq!(server.get(path).0, 200);
    let (status, response) = server.get("/nowhere");
    assert_eq!(status, 404, "{response}");

    let entry = server
        .running
        .access_entry("http.response.status_code", 200)
        .await;
    assert_eq!(entry["http.route"], route, "{entry}");
    assert!(entry["trace_id"].is_string(), "{entry}");
    assert!(entry["request_id"].is_string(), "{entry}");
    let page = server.metrics();
    let label = format!("http_route=\"{route}\"");
    assert!(page.contains(&label), "{label} in {page}");
    assert!(!page.contains("nowhere"), "the path is not a label: {page}");
    assert!(get(server.management, "/livez").is_some());
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn axum_is_observed_by_route() {
    observes_by_route("axum", "/users/7", "/users/{id}").await;
}

#[tokio::test]
async fn hyper_is_observed_by_route() {
    observes_by_route("hyper", "/items/7", "/items/{id}").await;
}

#[tokio::test]
async fn warp_is_observed_by_route() {
    observes_by_route("warp", "/users/7", "/users/{id}").await;
}

#[tokio::test]
async fn unix_socket_is_served_and_removed() {
    let socket = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unix_socket.sock");
    let mut server = Running::start(command("unix_socket").env("SOCKET", &socket));
    server.entry("listening").await;
    let management = server.management().await;

    let mut stream = UnixStream::connect(&socket).unwrap();
    let request = "GET /users/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");

    let entry = server.access_entry("http.response.status_code", 200).await;
    assert_eq!(entry["http.route"], "/users/{id}", "{entry}");
    let (_, page) = get(management, "/metrics").unwrap();
    assert!(page.contains(r#"http_route="/users/{id}""#), "{page}");
    server.process.terminate();
    assert_eq!(server.exit_code().await, Some(0));
    assert!(!socket.exists());
}
