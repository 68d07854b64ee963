//! What an operator changes on the page of a service with everything.

use axum::Router;
use axum::routing::get;
use gusset::Gusset;
use gusset_tests::programs::TempFolder;
use serde_json::json;
use tokio::net::TcpListener;

use crate::operations::{ACCESSIBILITY, set_scheme};
use crate::operations_site::TOKEN;
use crate::webdriver::{Browser, until};

const RESULT: &str = "return document.querySelector('#result').textContent";

/// Starts a service that makes reports into a folder, and calls it once.
async fn start(folder: &TempFolder) -> Gusset {
    let gusset = gusset::builder()
        .management(|management| management.port(0))
        .controls_token(TOKEN)
        .incidents(folder.path())
        .build_with(|_| None)
        .unwrap();
    let handler = async || {
        tracing::warn!("stock is slow");
        "order"
    };
    let app = Router::new()
        .route("/orders/{id}", get(handler))
        .layer(gusset.http());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let response = reqwest::get(format!("http://{address}/orders/7")).await;
    response.unwrap().text().await.unwrap();
    gusset
}

/// Opens the page with the token.
fn open(browser: &Browser, gusset: &Gusset) {
    let address = gusset.management_addr().unwrap();
    browser.open(&format!("http://{address}/ops"));
    browser.enter("input[type=password]", &format!("{TOKEN}\u{e007}"));
    browser.wait("return document.querySelector('#log') !== null");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_level_is_switched_and_reverted() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = TempFolder::new("browser-level");
    let gusset = start(&folder).await;
    open(&browser, &gusset);
    let filter = || gusset.telemetry().log_filter_handle().filter();
    let before = filter();
    browser.enter("#setting-log-filter", "debug\u{e007}");
    browser.answer(false);
    assert_eq!(filter(), before, "it was not confirmed");
    browser.enter("#setting-log-filter", "\u{e007}");
    browser.answer(true);
    until("the filter", || (filter() == "debug").then_some(()));
    until("the result", || {
        browser
            .run(RESULT)
            .as_str()?
            .contains("debug")
            .then_some(())
    });
    browser.click("[data-revert=log-filter]");
    browser.answer(true);
    until("the filter of before", || {
        (filter() == before).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn capture_makes_an_incident_that_can_be_opened() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = TempFolder::new("browser-capture");
    let gusset = start(&folder).await;
    open(&browser, &gusset);
    // The first request had no token, which is on the console.
    browser.console();
    assert_eq!(
        browser.run("return document.querySelectorAll('#incidents [data-open]').length"),
        0
    );
    browser.click("[data-task=capture-incident]");
    browser.answer(true);
    browser.wait("return document.querySelector('#incidents [data-open]') !== null");
    browser.click("#incidents [data-open]");
    let report = browser.wait("return document.querySelector('dialog[open] pre')?.textContent");
    assert!(
        report.as_str().unwrap().contains("operations page"),
        "{report}"
    );
    assert_eq!(browser.console(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filter_of_a_viewer_leaves_the_level_alone() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = TempFolder::new("browser-filter");
    let gusset = start(&folder).await;
    open(&browser, &gusset);
    let before = gusset.telemetry().log_filter_handle().filter();
    let log = "return document.querySelector('#log .content').textContent";
    until("the record", || {
        browser
            .run(log)
            .as_str()?
            .contains("stock is slow")
            .then_some(())
    });
    browser.enter("#log-text", "no such text");
    until("no record", || {
        (!browser.run(log).as_str()?.contains("stock is slow")).then_some(())
    });
    assert_eq!(gusset.telemetry().log_filter_handle().filter(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_with_everything_keeps_the_rules_of_accessibility() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = TempFolder::new("browser-everything");
    let gusset = start(&folder).await;
    gusset.breaker("stock").unwrap().force_open();
    open(&browser, &gusset);
    for scheme in ["light", "dark"] {
        set_scheme(&browser, scheme);
        assert_eq!(browser.run(ACCESSIBILITY), json!([]), "{scheme}");
    }
}
