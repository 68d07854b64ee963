//! The operations page of a service, on its management server.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use axum::Router;
use axum::routing::get;
use gusset::data::StateTree;
use gusset::{Gusset, GussetBuilder};
use http::Request;
use tower::ServiceExt as _;

/// Returns the head and the body of a response of the management server.
fn page(address: SocketAddr, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET /ops HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
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
        "health:",
        "signals:",
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
    let gusset = started(|builder| builder.controls_token("0123456789abcdef"));
    let address = gusset.management_addr().unwrap();
    assert!(page(address, "").0.starts_with("HTTP/1.1 401"));
    let token = "authorization: Bearer 0123456789abcdef\r\n";
    assert!(page(address, token).0.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn page_can_be_left_out() {
    let gusset = started(GussetBuilder::without_operations_page);
    assert!(gusset.operations_page().is_none());
    let (head, _) = page(gusset.management_addr().unwrap(), "");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}
