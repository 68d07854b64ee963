//! What arrives is what the browser's own interfaces show.

use gusset_tests::programs::until as wait_for;
use serde_json::{Value, json};

use crate::webdriver::{Browser, Settings, until};
use crate::website::{PAGE, Website};

const PHASES: &str = "gusset.browser.phase.duration";

/// Half of the tenth of a millisecond to which the script rounds, in seconds.
const ROUNDING: f64 = 0.000_051;

/// Asserts that a page that was left has sent nothing.
async fn assert_no_beacon(browser: &Browser, website: &Website) {
    // Another page of the same browser, whose requests come later.
    browser.open(&format!("http://{}/plain", website.address));
    wait_for("the last request", async || {
        let calls = website.capture.calls();
        calls
            .iter()
            .any(|call| call.entry()["http.route"] == "/plain")
            .then_some(())
    })
    .await;
    assert_eq!(website.beacons(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_those_of_the_browser() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::start().await;
    browser.open(&website.url());
    // A shift of the layout after an interaction does not count.
    browser.wait("return document.querySelector('body > div') !== null");
    browser.click("#slow");
    browser.wait("return document.querySelector('#slow').textContent === 'done'");
    let shown = browser.run_async(READ_ENTRIES);
    assert_eq!(website.beacons(), [], "the page is still open");
    browser.leave();
    until("a beacon", || (!website.beacons().is_empty()).then_some(()));
    assert_eq!(website.beacons(), [("accepted".to_owned(), 1.0)]);

    let nav = &shown["nav"];
    let at = |name: &str| nav[name].as_f64().unwrap() / 1e3;
    assert!(
        at("connectEnd") > at("connectStart"),
        "the connection is new"
    );
    let expected = [
        ("tcp", at("connectEnd") - at("connectStart")),
        ("first_byte", at("responseStart")),
        ("download", at("responseEnd") - at("responseStart")),
        ("dom", at("domContentLoadedEventEnd")),
        ("load", at("loadEventEnd")),
    ];
    for (phase, expected) in expected {
        let (count, sum) = website.histogram(PHASES, phase);
        assert_eq!(count, 1, "{phase}");
        assert!(
            (sum - expected).abs() <= ROUNDING,
            "{phase}: {sum} is not {expected}"
        );
    }
    // The handler waits for 60 ms.
    assert!(website.histogram(PHASES, "first_byte").1 >= 0.06);
    assert_eq!(
        website.histogram(PHASES, "tls").0,
        0,
        "the website is served without TLS"
    );

    let vitals = [
        ("gusset.browser.largest_contentful_paint", "lcp", 1e3),
        ("gusset.browser.interaction_to_next_paint", "inp", 1e3),
        ("gusset.browser.cumulative_layout_shift", "cls", 1.0),
    ];
    for (metric, name, scale) in vitals {
        let expected = shown[name].as_f64().unwrap() / scale;
        let (count, sum) = website.histogram(metric, PAGE);
        assert_eq!(count, 1, "{metric}");
        assert!(
            expected > 0.0 && (sum - expected).abs() <= ROUNDING,
            "{metric}: {sum} is not {expected}"
        );
    }
    assert!(
        website
            .histogram("gusset.browser.interaction_to_next_paint", PAGE)
            .1
            >= 0.15
    );
    assert_eq!(browser.console(), [""; 0], "the policy allows the script");
}

/// Reads the entries with an observer of its own.
const READ_ENTRIES: &str = r#"
const done = arguments[arguments.length - 1];
const shown = { nav: performance.getEntriesByType("navigation")[0].toJSON(), lcp: 0, inp: 0, cls: 0 };
const observe = (type, read) => new PerformanceObserver((list) => list.getEntries().forEach(read))
  .observe({ type, buffered: true, durationThreshold: 16 });
observe("largest-contentful-paint", (entry) => { shown.lcp = entry.startTime; });
observe("layout-shift", (entry) => { shown.cls += entry.value; });
observe("event", (entry) => { if (entry.interactionId) shown.inp = Math.max(shown.inp, entry.duration); });
setTimeout(() => done(shown), 300);
"#;

#[tokio::test(flavor = "multi_thread")]
async fn reused_connection_has_no_handshakes() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::start().await;
    for _ in 0..3 {
        browser.open(&website.url());
    }
    browser.leave();
    until("three beacons", || {
        (website.histogram(PHASES, "load").0 == 3).then_some(())
    });
    assert_eq!(website.histogram(PHASES, "tcp").0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_scripts_are_counted() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::start().await;
    browser.open(&website.url());
    for button in ["#fail", "#fail", "#reject"] {
        browser.click(button);
    }
    browser.leave();
    until("a beacon", || (!website.beacons().is_empty()).then_some(()));
    let errors = website.capture.metric(
        "gusset.browser.script_errors",
        &[("gusset.browser.page", PAGE)],
    );
    assert_eq!(errors, 3.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn load_and_request_are_in_one_trace() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::start().await;
    browser.open(&website.url());
    browser.leave();
    let load = until("the span of the load", || {
        let spans = website.capture.spans();
        spans
            .into_iter()
            .find(|span| span.name == format!("page load {PAGE}"))
    });
    let spans = website.capture.spans();
    let request = spans
        .iter()
        .find(|span| span.name == format!("GET {PAGE}"))
        .unwrap();
    assert_eq!(load.trace_id, request.trace_id);
    assert_eq!(load.parent_span_id, Some(request.span_id));
    // The load begins before its request arrives, within what the clocks of two processes differ.
    assert!(load.end > request.end, "{load:?} {request:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_who_opted_out_sends_nothing() {
    let settings = Settings {
        preferences: vec![("enable_do_not_track", true.into())],
    };
    let Some(browser) = Browser::with(settings).await else {
        return;
    };
    let website = Website::start().await;
    browser.open(&website.url());
    assert_eq!(browser.run("return navigator.doNotTrack"), "1");
    let requested = browser.requested();
    assert!(
        requested.iter().any(|url| url.ends_with("/browser.js")),
        "{requested:?}"
    );
    browser.leave();
    assert_no_beacon(&browser, &website).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sampled_out_view_sends_nothing() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::with(|browser| browser.sampling_ratio(0.0)).await;
    browser.open(&website.url());
    browser.leave();
    assert_no_beacon(&browser, &website).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_scripts_change_only_counters() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let website = Website::with(|browser| browser.max_beacons_per_second(20)).await;
    browser.open(&format!("http://{}/plain", website.address));
    // Forged, malformed and huge beacons, then a flood.
    let sent = browser.run_async(
        r#"
const done = arguments[arguments.length - 1];
const send = (body) => fetch("/browser.js", { method: "POST", body }).then((response) => response.status);
(async () => {
  const valid = "ratio=1&age=100.0&load=50.0&errors=0&page=";
  const statuses = [];
  for (const body of [valid + "/forged", valid + "/orders/{id}&load=1", "x".repeat(100000), "\u0000"]) statuses.push(await send(body));
  const flood = await Promise.all(Array.from({ length: 200 }, () => send(valid + "/forged")));
  statuses.push(flood.filter((status) => status === 429).length > 100);
  done(statuses);
})();
"#,
    );
    assert_eq!(sent, json!([400, 400, 413, 400, true]));
    let beacons = website.beacons();
    let outcomes: Vec<_> = beacons
        .iter()
        .map(|(outcome, _)| outcome.as_str())
        .collect();
    assert_eq!(
        outcomes,
        ["malformed", "rate_limited", "too_large", "unknown_page"]
    );
    let metrics = website.capture.metrics();
    let recorded: Vec<Value> = metrics
        .iter()
        .filter(|metric| {
            metric.name.starts_with("gusset.browser.") && *metric.name != *"gusset.browser.beacons"
        })
        .map(|metric| metric.name.to_string().into())
        .collect();
    assert_eq!(recorded, [""; 0], "nothing else was recorded");
    assert!(
        website
            .capture
            .spans()
            .iter()
            .all(|span| !span.name.starts_with("page load"))
    );
}
