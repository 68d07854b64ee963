//! The script, as it is served.

use bytes::Bytes;
use gusset_browser::BrowserMonitor;
use http::{Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt as _;

use crate::support::*;

#[tokio::test]
async fn script_is_small_and_may_be_cached() {
    let browser = BrowserMonitor::builder(["/"])
        .sampling_ratio(0.123_456)
        .build()
        .unwrap();
    let request = Request::get("/browser.js")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = browser.service().oneshot(request).await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header("cache-control"), "public, max-age=3600");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(response.headers().len(), 3, "no cookie, nothing else");
    let script = text(response).await;
    assert!(script.len() <= 3072, "{} bytes", script.len());
    assert!(script.contains("const ratio = 0.123456;"));
}

#[tokio::test]
async fn script_asks_for_nothing_that_a_policy_forbids() {
    let browser = BrowserMonitor::builder(["/"]).build().unwrap();
    let request = Request::get("/browser.js")
        .body(Full::<Bytes>::default())
        .unwrap();
    let script = text(browser.service().oneshot(request).await.unwrap()).await;
    for forbidden in [
        "eval",
        "Function(",
        "import",
        "cookie",
        "localStorage",
        "userAgent",
        "innerHTML",
        "http",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let browser = BrowserMonitor::builder(["/"]).build().unwrap();
    let request = Request::delete("/").body(Full::<Bytes>::default()).unwrap();
    let response = browser.service().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD, POST");
}
