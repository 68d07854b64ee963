//! The operations page, as its viewer meets it.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use crate::operations_site::{HOSTILE, Service, TOKEN};
use crate::webdriver::{Browser, until};

pub(crate) const ACCESSIBILITY: &str = include_str!("accessibility.js");

/// Returns the rows of tables that are shown.
const ROWS: &str = "return [...document.querySelectorAll('main tbody tr')].filter((row) => row.getClientRects().length).map((row) => row.textContent)";

/// The value of the counter of the part.
const ENTRIES: &str = "return [...document.querySelectorAll('#cache dt')].find((it) => it.textContent === 'entries').nextElementSibling.textContent";

#[tokio::test(flavor = "multi_thread")]
async fn page_loads_alone_and_without_an_error() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    // A new tab has requests of its own.
    browser.leave();
    browser.requested();
    browser.open(&service.url());
    for section in ["signals", "routes", "cache", "log", "changes"] {
        let heading = browser.run(&format!(
            "return document.querySelector('#{section} h2').textContent"
        ));
        assert!(
            heading.as_str().is_some_and(|text| !text.is_empty()),
            "{section}"
        );
    }
    // It has renewed itself at least once.
    browser.wait("return document.querySelector('[role=status]').textContent.includes('live')");
    assert_eq!(browser.console(), [""; 0]);
    let origin = service.origin();
    let requested = browser.requested();
    let other = requested
        .iter()
        .filter(|url| !url.starts_with(&origin) && !url.starts_with("data:"));
    assert_eq!(other.collect::<Vec<_>>(), [""; 0]);
    assert!(requested.contains(&service.url()), "{requested:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_change_while_the_page_is_open() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    browser.open(&service.url());
    assert_eq!(browser.run(ENTRIES), "3");
    browser.run("window.isSamePage = true");
    service.entries.store(4711, Ordering::Relaxed);
    until("the new value", || {
        (browser.run(ENTRIES) == "4711").then_some(())
    });
    assert_eq!(
        browser.run("return window.isSamePage"),
        true,
        "it was not loaded again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn search_leaves_rows_with_all_words() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    browser.open(&service.url());
    let rows = |browser: &Browser| browser.run(ROWS).as_array().unwrap().clone();
    let all = rows(&browser).len();
    browser.enter("input[type=search]", "cannot charge");
    let found = rows(&browser);
    assert!(
        !found.is_empty() && found.len() < all,
        "{} of {all}",
        found.len()
    );
    assert!(
        found
            .iter()
            .all(|row| row.as_str().unwrap().contains("cannot charge")),
        "{found:?}"
    );
    // The filter stays when the page renews itself.
    service.entries.store(4711, Ordering::Relaxed);
    until("the page is renewed", || {
        (browser.run(ENTRIES) == "4711").then_some(())
    });
    assert_eq!(rows(&browser).len(), found.len());
    browser.enter("input[type=search]", " and nothing");
    assert_eq!(rows(&browser).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_sorted_by_keyboard() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    browser.open(&service.url());
    let routes = "return [...document.querySelectorAll('#routes tbody tr')].map((row) => row.cells[0].textContent)";
    let routes = || browser.run(routes);
    // The first click is descending, the second one ascending.
    browser.enter("#routes thead th button", "\u{e007}");
    let descending = routes();
    let mut sorted: Vec<String> = serde_json::from_value(descending.clone()).unwrap();
    sorted.sort_by(|left, right| right.cmp(left));
    assert_eq!(descending, json!(sorted));
    let order = "return document.querySelector('#routes thead th').getAttribute('aria-sort')";
    assert_eq!(browser.run(order), "descending");
    browser.enter("#routes thead th button", "\u{e007}");
    sorted.reverse();
    assert_eq!(routes(), json!(sorted));
    assert_eq!(browser.run(order), "ascending");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_input_is_shown_as_text() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::with_hostile_clients();
    browser.open(&service.url());
    // Also after the page has put new content into the document.
    browser.wait("return document.querySelector('[role=status]').textContent.includes('live')");
    for section in ["routes", "cache", "log", "changes"] {
        let text = browser.run(&format!(
            "return document.querySelector('#{section}').textContent"
        ));
        assert!(
            text.as_str().unwrap().contains(HOSTILE),
            "{section}: {text}"
        );
    }
    assert_eq!(browser.run("return window.hostile ?? null"), json!(null));
    assert_eq!(
        browser.run("return document.querySelectorAll('main script, main img').length"),
        0
    );
    assert_eq!(browser.console(), [""; 0], "nothing was tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_with_a_token_asks_for_it() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::with_token();
    browser.open(&service.url());
    assert_eq!(
        browser.run("return document.querySelector('#cache')"),
        json!(null)
    );
    browser.enter("input[type=password]", &format!("{TOKEN}\u{e007}"));
    browser.wait("return document.querySelector('#cache') !== null");
    assert_eq!(browser.run(ENTRIES), "3");
    let address = browser.run("return location.href");
    assert!(!address.as_str().unwrap().contains(TOKEN), "{address}");
}

#[tokio::test(flavor = "multi_thread")]
async fn task_needs_token_and_confirmation() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::with_token();
    browser.open(&service.url());
    let post = |query: &str, headers: &str| {
        browser.run_async(&format!(
            "const done = arguments[arguments.length - 1];
             fetch('/ops/tasks/flush-cache{query}', {{ method: 'POST', headers: {headers} }})
               .then((response) => done(response.status), (error) => done(String(error)))"
        ))
    };
    let token = format!("{{ authorization: 'Bearer {TOKEN}' }}");
    assert_eq!(post("?confirm=flush-cache", "{}"), 401);
    assert_eq!(post("", &token), 400);
    assert_eq!(service.runs.load(Ordering::Relaxed), 0);
    assert_eq!(post("?confirm=flush-cache", &token), 200);
    assert_eq!(service.runs.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_website_can_neither_read_nor_run() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (open, closed) = (Service::start(), Service::with_token());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let website = listener.local_addr().unwrap();
    let app = Router::new().route(
        "/",
        get(async || Html("<!doctype html><title>other</title>")),
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    browser.open(&format!("http://{website}/"));
    let attack = |url: String, options: &str| {
        browser.run_async(&format!(
            "const done = arguments[arguments.length - 1];
             fetch('{url}', {options}).then((response) => response.text()).then(done, () => done('failed'))"
        ))
    };
    assert_eq!(attack(open.url(), "{}"), "failed");
    let url = format!(
        "{}/ops/tasks/flush-cache?confirm=flush-cache",
        closed.origin()
    );
    // Without a token it is a simple request, with one the browser sends a preflight first. The other website does not know it anyway.
    let headers = format!("{{ method: 'POST', headers: {{ authorization: 'Bearer {TOKEN}' }} }}");
    assert_eq!(
        attack(url.clone(), "{ method: 'POST', mode: 'no-cors' }"),
        ""
    );
    assert_eq!(attack(url, &headers), "failed");
    assert_eq!(closed.runs.load(Ordering::Relaxed), 0);
    // Nor within a frame.
    let framed = browser.run_async(&format!(
        "const done = arguments[arguments.length - 1];
         const frame = document.createElement('iframe');
         frame.onload = () => done(frame.contentDocument === null);
         frame.src = '{}';
         document.body.append(frame);",
        open.url()
    ));
    assert_eq!(framed, true);
    let console = browser.console().join("\n");
    assert!(console.contains("frame-ancestors"), "{console}");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_without_scripts_is_still_tables() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    browser.command(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    browser.open(&service.url());
    browser.command(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": false }),
    );
    let rows = browser.run("return document.querySelectorAll('#routes tbody tr').length");
    assert!(rows.as_u64().unwrap() >= 3, "{rows}");
    let buttons = browser.run("return document.querySelectorAll('#routes th button').length");
    assert_eq!(buttons, 0, "no script has run");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_accessibility_are_kept() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    for scheme in ["light", "dark"] {
        set_scheme(&browser, scheme);
        browser.open(&service.url());
        assert_eq!(browser.run(ACCESSIBILITY), json!([]), "{scheme}");
    }
    // On a phone nothing but the tables is wider than the screen.
    let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    browser.command("Emulation.setDeviceMetricsOverride", &phone);
    browser.open(&service.url());
    let overflow = browser
        .run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(overflow, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_accessibility_find_faults() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    browser.open(
        "data:text/html,<h1>a</h1><h3>b</h3><input><img src=x><table><tr><td>1</td></tr></table>\
         <p style='color:%23aaa'>pale</p><i id=a></i><i id=a></i><svg width=5 height=5></svg>",
    );
    let problems = browser.run(ACCESSIBILITY).to_string();
    for rule in [
        "3.1.1 language",
        "2.4.2 title",
        "heading of level 3 after 1",
        "control without a name",
        "image without a text",
        "table without heads",
        "contrast",
        "id a is there twice",
        "one main",
    ] {
        assert!(problems.contains(rule), "{rule}: {problems}");
    }
}

pub(crate) fn set_scheme(browser: &Browser, scheme: &str) {
    let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
    browser.command(
        "Emulation.setEmulatedMedia",
        &json!({ "features": [feature] }),
    );
}
