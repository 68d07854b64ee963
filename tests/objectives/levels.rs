//! The service levels of these tests.

use std::time::Duration;

use gusset_data::MetricDescriptor;
use gusset_slo::{
    Aggregate, Catalogue, NormalRange, Objective, ServiceLevels, ServiceLevelsBuilder, Subject,
};

/// Returns the tables of names of all crates.
pub(crate) fn catalogue() -> Catalogue {
    let tables: [&[MetricDescriptor]; 6] = [
        gusset_admin::names::ALL,
        gusset_health::names::ALL,
        gusset_log::names::ALL,
        gusset_otlp::names::ALL,
        gusset_system::names::ALL,
        gusset_system::names::CLASSIC,
    ];
    let breakers = gusset_breaker::names::ALL.iter().map(|metric| **metric);
    Catalogue::new().with(tables.concat()).with(breakers)
}

/// Returns objectives of each kind, and ranges with each aggregate.
pub(crate) fn builder() -> ServiceLevelsBuilder {
    let orders = Subject::route("/orders");
    let second = Duration::from_secs(1);
    ServiceLevels::builder("shop")
        .catalogue(catalogue())
        .objective(Objective::availability("orders", orders.clone()).target(0.999))
        .objective(Objective::latency("orders-latency", orders, second).target(0.9))
        .objective(Objective::availability("paid", Subject::destination("paid")).window_days(7))
        .range(
            NormalRange::new("payments-p99", "http.client.request.duration")
                .aggregate(Aggregate::Quantile(0.99))
                .high(0.5),
        )
        .range(
            NormalRange::new("payments-mean", "http.client.request.duration")
                .low(0.01)
                .high(0.25)
                .hold(4, 6),
        )
        .range(NormalRange::new("active", "http.server.active_requests").high(200.0))
        .range(
            NormalRange::new("requests", "http.server.request.duration")
                .aggregate(Aggregate::Rate)
                .low(1.0),
        )
        .range(
            NormalRange::new("lost", "gusset.log.dropped")
                .high(10.0)
                .hold(1, 1),
        )
}

pub(crate) fn levels() -> ServiceLevels {
    builder().build().unwrap()
}
