//! The objectives and normal ranges of the shop: their states, and the files that are made from them.

use std::net::SocketAddr;

use serde_json::Value;

use crate::process::{Shop, get, until};

const OBJECTIVES: [&str; 3] = ["orders", "orders-latency", "catalogue-latency"];
const RANGES: [&str; 4] = ["payments-p99", "active", "requests", "orders-placed"];

fn body(address: SocketAddr, path: &str) -> String {
    let (status, response) = get(address, path).unwrap();
    assert_eq!(status, 200, "{path}: {response}");
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

/// Returns whether a metric has a sample with these labels and this value.
fn has_sample(page: &str, metric: &str, labels: &[String], value: &str) -> bool {
    page.lines().any(|line| {
        let is_sample = line.starts_with(&format!("{metric}{{")) && line.ends_with(value);
        is_sample && labels.iter().all(|label| line.contains(label))
    })
}

#[tokio::test]
async fn states_of_objectives_and_ranges_are_metrics() {
    let shop = Shop::start(&[]).await;
    let objectives = OBJECTIVES.map(|name| ("objective", name));
    let ranges = RANGES.map(|name| ("range", name));
    for (kind, name) in objectives.into_iter().chain(ranges) {
        let metric = format!("gusset_slo_{kind}_state");
        let label = format!("gusset_slo_{kind}=\"{name}\"");
        until(&label, async || {
            let page = body(shop.management, "/metrics");
            // A gauge has a value from the first reading on, and the others have too few calls.
            let states = ["normal", "unknown"].map(|state| format!("gusset_slo_state=\"{state}\""));
            let mut states = states.into_iter();
            let is_there = |state| has_sample(&page, &metric, &[label.clone(), state], " 1");
            states.any(is_there).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn rules_dashboards_and_runbook_are_served() {
    let shop = Shop::start(&[]).await;
    let list = body(shop.management, "/slo");
    for path in list.lines() {
        assert!(!body(shop.management, path).is_empty(), "{path}");
    }
    let rules = body(shop.management, "/slo/rules.yaml");
    for alert in [
        "OrdersErrorBudgetBurnFast",
        "OrdersLatencyErrorBudgetBurnSlow",
        "CatalogueLatencyIndicatorAbsent",
        "PaymentsP99OutOfRange",
        "ActiveOutOfRange",
        "RequestsOutOfRange",
        "OrdersPlacedOutOfRange",
        "HealthCheckDown",
        "DescriptorsNearlyUsedUp",
    ] {
        assert!(
            rules.contains(&format!("alert: {alert}\n")),
            "{alert} in {rules}"
        );
    }
    let dashboard = body(shop.management, "/slo/dashboard-service.json");
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    assert_eq!(dashboard["title"], "shop: service");
    let runbook = body(shop.management, "/slo/runbook.md");
    assert!(runbook.contains("call its team"), "{runbook}");
    assert!(
        runbook.contains("shop.orders.placed"),
        "the shop's own metric: {runbook}"
    );
}
