//! The page, its text and its data.

use std::time::Duration;

use base64::Engine as _;
use gusset_core::Clock;
use gusset_data::StateTree;
use gusset_ops::Operations;
use http::{Request, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::support::*;

const HTML: &str = "text/html,application/xhtml+xml";

/// Returns a page with a history of a minute.
fn with_history() -> Operations {
    builder().history(history()).build().unwrap()
}

#[tokio::test]
async fn page_is_html_for_a_browser_and_text_for_a_terminal() {
    let operations = with_history();
    let page = get(&operations, "/ops", HTML).await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.body().contains("<dt>entries</dt><dd>3</dd>"));
    let text = get(&operations, "/ops", "*/*").await;
    assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(
        text.body().contains("cache:\n  entries: 3\n"),
        "{}",
        text.body()
    );
    let json = get(&operations, "/ops", "application/json").await;
    let json: serde_json::Value = serde_json::from_str(json.body()).unwrap();
    assert_eq!(json["cache"]["entries"], 3);
}

#[tokio::test]
async fn page_is_one_small_document_that_loads_nothing() {
    let page = get(&with_history(), "/ops", HTML).await;
    let body = page.body();
    assert!(body.len() <= 150 * 1024, "{} bytes", body.len());
    for loading in ["src=", "href=\"http", "@import", "url(", " style="] {
        assert!(!body.contains(loading), "{loading}");
    }
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn policy_allows_the_script_and_the_style_of_the_document() {
    let page = get(&builder().build().unwrap(), "/ops", HTML).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
        let (_, rest) = page.body().split_once(&format!("<{element}>")).unwrap();
        let (content, _) = rest.split_once(&format!("</{element}>")).unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content));
        let expected = format!("{directive} 'sha256-{hash}'");
        assert!(policy.contains(&expected), "{expected} is not in {policy}");
    }
}

#[tokio::test]
async fn requests_are_shown_by_window_and_by_route() {
    let operations = with_history();
    let windows = get(&operations, "/ops/api/signals", "*/*").await;
    let windows: serde_json::Value = serde_json::from_str(windows.body()).unwrap();
    assert_eq!(windows[0]["minutes"], 5);
    assert_eq!(windows[0]["requests/s"], 2.0);
    assert_eq!(windows[0]["errors %"], 10.0);
    assert!(windows[0]["p50 ms"].as_f64().unwrap() > 0.0);
    let routes = get(&operations, "/ops/api/routes", "*/*").await;
    let routes: serde_json::Value = serde_json::from_str(routes.body()).unwrap();
    assert_eq!(routes[0]["route"], "/orders/{id}");
}

#[tokio::test]
async fn hostile_names_are_text() {
    let page = get(&with_history(), "/ops", HTML).await;
    assert!(page.body().contains("&lt;script&gt;alert(1)"));
    assert!(!page.body().contains("<script>alert(1)"));
}

#[tokio::test]
async fn secrets_are_redacted_in_every_format() {
    let operations = builder().build().unwrap();
    for accept in [HTML, "*/*", "application/json"] {
        let answer = get(&operations, "/ops", accept).await;
        assert!(!answer.body().contains("hunter2"), "{accept}");
        assert!(answer.body().contains("REDACTED"), "{accept}");
    }
}

#[tokio::test]
async fn viewers_share_a_document_for_a_second() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let (clock, hand) = Clock::manual();
    let reads = Arc::new(AtomicU64::new(0));
    let count = reads.clone();
    let part = move || StateTree::from(count.fetch_add(1, Ordering::Relaxed));
    let operations = Operations::builder("shop").part("count", part).clock(clock);
    let operations = operations.build().unwrap();
    (0..100).for_each(|_| drop(operations.to_html()));
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    hand.advance(Duration::from_secs(1));
    drop(operations.to_html());
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

#[test]
fn settings_are_checked() {
    let error = |builder: gusset_ops::OperationsBuilder| builder.build().unwrap_err().to_string();
    let part = || StateTree::Unknown;
    let shop = || Operations::builder("shop");
    let errors = [
        error(shop().part("log", part)),
        error(shop().part("a", part).part("a", part)),
        error(shop().part("A b", part)),
        error(shop().link("fleet", "javascript:alert(1)")),
        error(shop().link("fleet", "//evil.example")),
        error(shop().chart("orders", gusset_history::Selector::new("orders"))),
        error(shop().task("flush", || async { Ok::<_, std::fmt::Error>(()) })),
    ];
    let expected = [
        "`part`: `log` is a section of the page",
        "`part`: `a` is there twice",
        "`part`: `A b` is not made of lower-case letters, digits and `-`",
        "`link`: `fleet` is neither `http` nor `https` nor a path",
        "`link`: `fleet` is neither",
        "`history`: charts need one",
        "`token`: tasks need one",
    ];
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let operations = builder().build().unwrap();
    let request = Request::delete("/ops").header("host", "localhost");
    let answer = answer(&operations, request).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET, HEAD");
}
