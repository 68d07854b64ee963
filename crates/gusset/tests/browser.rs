//! What browsers report of the pages of a service: metrics, objectives, and a section of the operations page.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use bytes::Bytes;
use gusset::browser::BrowserMonitor;
use gusset::data::{MetricProducer as _, StateTree, Value};
use gusset::history::History;
use gusset::slo::{ServiceLevels, State};
use gusset::{Gusset, page_objectives};
use http::Request;
use http_body_util::Full;
use tower::ServiceExt as _;

const PAGE: &str = "/orders/{id}";
const STEP: Duration = Duration::from_secs(10);

fn started() -> Gusset {
    let builder = gusset::builder().management(|management| management.port(0));
    builder.without_health().build_with(|_| None).unwrap()
}

/// Reports page views with these times to the first byte and to the load.
async fn report(browser: &BrowserMonitor, views: u32, first_byte: u32, load: u32) {
    for _ in 0..views {
        let beacon = format!(
            "page=%2Forders%2F%7Bid%7D&ratio=1&errors=1&age=9000.0&first_byte={first_byte}.0&load={load}.0"
        );
        let request = Request::post("/browser.js").body(Full::<Bytes>::from(beacon));
        let response = browser.service().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 204);
    }
}

#[tokio::test]
async fn budget_of_a_page_is_an_objective() {
    let gusset = started();
    let recorder = gusset.telemetry().recorder();
    let browser = gusset
        .browser_monitor([PAGE])
        .max_beacons_per_second(100_000);
    let browser = browser.build().unwrap();
    let [first_byte, load] = page_objectives("order", PAGE);
    let levels = ServiceLevels::builder("shop")
        .catalogue(gusset::catalogue())
        .objective(first_byte)
        .objective(load)
        .build()
        .unwrap();
    let monitor = levels.monitor(recorder);
    let history = History::builder().build().unwrap();
    let mut now = gusset::Clock::system().now();
    let mut read = || {
        now += STEP;
        history.record(now, gusset.telemetry().registry().metrics());
        monitor.evaluate(&history, now);
        let status = monitor.status();
        [status[0].state(), status[1].state()]
    };
    // Exactly within the budgets.
    for _ in 0..60 {
        report(&browser, 10, 400, 800).await;
        read();
    }
    report(&browser, 10, 400, 800).await;
    assert_eq!(read(), [State::Normal, State::Normal]);
    // The load takes longer, the first byte does not.
    for _ in 0..60 {
        report(&browser, 10, 400, 801).await;
        read();
    }
    assert_eq!(read(), [State::Normal, State::Violated]);

    let rules = levels.rules().to_yaml();
    assert!(rules.contains(r#"gusset_browser_phase="load""#), "{rules}");
    assert!(rules.contains(r#"le="0.8""#), "{rules}");
}

#[tokio::test]
async fn pages_are_a_section_of_the_operations_page() {
    let gusset = started();
    let page = gusset.operations_page().unwrap();
    let browser = gusset.browser_monitor([PAGE]).build().unwrap();
    let history = gusset.history().unwrap();
    let now = gusset::Clock::system().now();
    report(&browser, 1, 350, 700).await;
    history.record(now, gusset.telemetry().registry().metrics());
    report(&browser, 20, 350, 700).await;
    history.record(now + STEP, gusset.telemetry().registry().metrics());

    let state = page.to_state();
    let Some(StateTree::List(rows)) = state.get("pages") else {
        panic!("{state}")
    };
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.get("page"), Some(&PAGE.into()));
    // The service reads its metrics too, a moment earlier. The quantiles are within the buckets of the values.
    for (name, expected) in [
        ("views/s", 1.8..2.3),
        ("script errors", 20.0..21.1),
        ("first byte p75 ms", 300.0..400.0),
        ("load p75 ms", 500.0..800.0),
    ] {
        let Some(StateTree::Value(Value::Double(value))) = row.get(name) else {
            panic!("{name}: {row}")
        };
        assert!(expected.contains(value), "{name}: {value}");
    }
    assert_eq!(row.get("LCP p75 ms"), Some(&StateTree::Unknown));
}
