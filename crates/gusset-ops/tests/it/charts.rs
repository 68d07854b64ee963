//! Charts, and the lines of events across them.

use std::time::Duration;

use gusset_core::Clock;
use gusset_data::MetricProducer as _;
use gusset_history::{History, Selector};
use gusset_ops::Operations;

use crate::support::*;

/// Returns readings of a counter that grows by 30 in ten seconds, and of a gauge.
fn orders() -> History {
    let history = History::builder().build().unwrap();
    let registry = gusset_metrics::Registry::builder().build().unwrap();
    let now = Clock::system().now();
    for reading in 0..6 {
        metrics::with_local_recorder(&registry, || {
            metrics::counter!("shop.orders").increment(30);
            metrics::gauge!("shop.queue").set(f64::from(reading));
        });
        history.record(now + reading * Duration::from_secs(10), registry.metrics());
    }
    history
}

#[tokio::test]
async fn service_adds_a_chart_of_its_own_metric() {
    let operations = Operations::builder("shop")
        .history(orders())
        .chart("Orders", Selector::new("shop.orders"))
        .chart("Queue", Selector::new("shop.queue"))
        .build()
        .unwrap();
    let page = get(&operations, "/ops", "text/html").await;
    let is_shown = |chart: &str| {
        page.body()
            .contains(&format!("<figcaption>{chart}</figcaption>"))
    };
    assert!(
        is_shown("Orders: 3.00 /s, at most 3.00 /s"),
        "the rate of a counter"
    );
    assert!(
        is_shown("Queue: 5.00 , at most 5.00 "),
        "the value of a gauge"
    );
}

#[cfg(feature = "incident")]
#[tokio::test]
async fn event_is_a_line_across_every_chart() {
    // The clock of the recorder is that of the history, whose readings are now and in a minute.
    let recorder = gusset_incident::FlightRecorder::builder().build().unwrap();
    let operations = builder().history(history()).recorder(recorder.clone());
    let operations = operations.build().unwrap();
    recorder.record_change("breaker stock", "open");
    let page = get(&operations, "/ops", "text/html").await;
    let line = "<title>breaker stock: open</title></line>";
    assert_eq!(
        page.body().matches(line).count(),
        2,
        "of those that have readings"
    );
}

#[tokio::test]
async fn metrics_are_listed() {
    let operations = builder().history(history()).build().unwrap();
    let answer = get(&operations, "/ops/api/catalogue", "*/*").await;
    let metrics: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let expected = serde_json::json!([{
        "metric": "http.server.request.duration", "kind": "histogram", "unit": "", "series": 3,
    }]);
    assert_eq!(metrics, expected);
}
