//! Service levels of a shop, with one of each kind.

use std::time::Duration;

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};
use gusset_slo::{
    Aggregate, AlertSeverity, Catalogue, NormalRange, Objective, ServiceLevels,
    ServiceLevelsBuilder, Subject,
};

const ORDERS: MetricDescriptor = MetricDescriptor::new(
    "shop.orders.placed",
    InstrumentKind::Counter,
    Unit::Count("{order}"),
    "Orders that were placed and paid.",
);

const BREAKER: MetricDescriptor = MetricDescriptor::new(
    "gusset.breaker.state",
    InstrumentKind::Gauge,
    Unit::Count("{breaker}"),
    "State of the breaker: 1 for the current state, 0 for the others.",
)
.with_labels(&["gusset.breaker.name", "gusset.breaker.state"]);

pub(crate) fn builder() -> ServiceLevelsBuilder {
    let orders = Subject::route("/orders");
    ServiceLevels::builder("shop")
        .catalogue(Catalogue::new().with([ORDERS, BREAKER]))
        .runbook_url("https://shop.example/runbook")
        .objective(Objective::availability("orders", orders.clone()).target(0.999))
        .objective(Objective::latency(
            "orders-latency",
            orders,
            Duration::from_secs(1),
        ))
        .objective(Objective::availability("consumer", Subject::destination("paid")).window_days(7))
        .latency_budgets()
        .range(
            NormalRange::new("payments-p99", "http.client.request.duration")
                .aggregate(Aggregate::Quantile(0.99))
                .label("server.address", "payments")
                .high(0.5),
        )
        .range(
            NormalRange::new("active", "http.server.active_requests")
                .high(200.0)
                .severity(AlertSeverity::Critical)
                .hold(4, 6),
        )
        .range(
            NormalRange::new("placed", "shop.orders.placed")
                .low(0.5)
                .high(50.0),
        )
}

pub(crate) fn levels() -> ServiceLevels {
    builder().build().unwrap()
}
