//! The operations page of a service, on its management server.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::get;
use gusset::data::StateTree;
use gusset::{Gusset, GussetBuilder};
use http::Request;
use tower::ServiceExt as _;

const TOKEN: &str = "0123456789abcdef";
const AUTHORIZATION: &str = "authorization: Bearer 0123456789abcdef\r\n";

fn send(address: SocketAddr, target: &str, header: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("{target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Returns the head and the body of the page.
fn page(address: SocketAddr, header: &str) -> (String, String) {
    response(send(address, "GET /ops", header))
}

/// Returns the head and the body of a response of the management server.
fn response(mut stream: TcpStream) -> (String, String) {
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn started(configure: impl FnOnce(GussetBuilder) -> GussetBuilder) -> Gusset {
    let builder = gusset::builder().management(|management| management.port(0));
    configure(builder).build_with(|_| None).unwrap()
}

#[tokio::test]
async fn service_shows_its_parts_and_its_own() {
    let gusset = started(|builder| {
        let part = || StateTree::fields([("entries", 3_u64.into())]);
        builder.operations_page(move |page| page.version("1.2").part("cache", part))
    });
    gusset.breaker("stock").unwrap().force_open();
    let app = Router::new().route("/orders/{id}", get(async || "order"));
    let request = Request::get("/orders/7")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = app.layer(gusset.http()).oneshot(request).await.unwrap();
    axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();

    let (head, text) = page(gusset.management_addr().unwrap(), "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for line in [
        "version: 1.2",
        "entries: 3",
        "state: forced_open",
        "phase: starting",
        "health:",
        "step: before the first report",
        "signals:",
        "configuration:",
        "metrics: /metrics",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let (head, html) = page(gusset.management_addr().unwrap(), "accept: text/html\r\n");
    assert!(
        head.contains("content-security-policy: default-src 'none'"),
        "{head}"
    );
    assert!(html.contains("<dt>entries</dt><dd>3</dd>"), "{html}");
}

#[tokio::test]
async fn token_of_the_controls_is_that_of_the_page() {
    let gusset = started(|builder| builder.controls_token(TOKEN));
    let address = gusset.management_addr().unwrap();
    assert!(page(address, "").0.starts_with("HTTP/1.1 401"));
    assert!(page(address, AUTHORIZATION).0.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn page_can_be_left_out() {
    let gusset = started(GussetBuilder::without_operations_page);
    assert!(gusset.operations_page().is_none());
    let (head, _) = page(gusset.management_addr().unwrap(), "");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

#[tokio::test]
async fn page_is_live_on_the_management_server() {
    let gusset = started(|builder| {
        let reads = AtomicU64::new(0);
        let part = move || StateTree::from(reads.fetch_add(1, Ordering::Relaxed));
        builder.operations_page(move |page| page.part("reads", part))
    });
    let accept = "accept: text/event-stream\r\n";
    let stream = send(gusset.management_addr().unwrap(), "GET /ops/live", accept);
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let events = lines.filter(|line| line.starts_with("data: {"));
    let reads: Vec<_> = events
        .take(2)
        .map(|event| {
            let data: serde_json::Value = serde_json::from_str(&event[6..]).unwrap();
            data["reads"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(reads, ["0", "1"]);
}

#[tokio::test]
async fn filter_of_the_log_is_changed_for_a_time() {
    let gusset = started(|builder| builder.controls_token(TOKEN));
    let filter = || gusset.telemetry().log_filter_handle().filter();
    let before = filter();
    let address = gusset.management_addr().unwrap();
    let change = |query: &str| {
        let target = format!("POST /ops/settings/log-filter?{query}&confirm=log-filter");
        response(send(address, &target, AUTHORIZATION))
    };
    let (head, body) = change("value=debug&seconds=60");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!((&*body, &*filter()), ("debug\n", "debug"));
    let (_, body) = change("revert");
    assert_eq!((body.trim(), filter()), (&*before, before.clone()));
    let (head, body) = change("value=shop%3Dloud");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(body.starts_with("`filter`"), "{body}");
}
