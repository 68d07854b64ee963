//! The objectives and normal ranges of the shop.

use std::net::SocketAddr;
use std::time::Duration;

use gusset::ConfigError;
use gusset::data::{InstrumentKind, MetricDescriptor, Unit};
use gusset::history::{History, Sampler};
use gusset::prometheus::PrometheusExporter;
use gusset::slo::{
    Aggregate, AlertSeverity, Catalogue, Monitor, NormalRange, Objective, ServiceLevels, Subject,
};

use super::BoxError;
use super::website::HOME;

/// The metric that the shop adds to those of gusset.
const ORDERS_PLACED: MetricDescriptor = MetricDescriptor::new(
    "shop.orders.placed",
    InstrumentKind::Counter,
    Unit::Count("{order}"),
    "Orders that were placed and paid.",
);

/// Returns five objectives and four ranges.
///
/// Rules, dashboards and the runbook are at `/slo` of the management server.
pub(crate) fn levels(payments: SocketAddr) -> Result<ServiceLevels, ConfigError> {
    let orders = Subject::route("/orders");
    let payments_address = payments.ip().to_string();
    // What the users of the website wait for: 0.4 s and 0.8 s.
    let [first_byte, load] = gusset::page_objectives("home", HOME);
    ServiceLevels::builder("shop")
        .catalogue(catalogue())
        .objective(
            Objective::availability("orders", orders.clone())
                .target(0.999)
                .description("Customers can place orders.")
                .advice(
                    "Is the payment service down (`/healthz`)? Then orders fail and all else works: call its team.",
                ),
        )
        .objective(Objective::latency("orders-latency", orders, Duration::from_secs(1)))
        .objective(Objective::latency(
            "catalogue-latency",
            Subject::route("/catalogue"),
            Duration::from_millis(100),
        ))
        .objective(first_byte)
        .objective(load)
        .range(
            NormalRange::new("payments-p99", "http.client.request.duration")
                .aggregate(Aggregate::Quantile(0.99))
                .label("server.address", payments_address)
                .high(0.5),
        )
        .range(NormalRange::new("active", "http.server.active_requests").high(200.0))
        .range(
            NormalRange::new("requests", "gusset.http.server.outcomes")
                .high(5000.0)
                .severity(AlertSeverity::Info),
        )
        .range(NormalRange::new("orders-placed", "shop.orders.placed").high(1000.0))
        .build()
}

/// Reads the metrics of the shop each 10 s, and evaluates the objectives and ranges.
pub(crate) struct Watched {
    history: History,
    monitor: Monitor,
    sampler: Sampler,
}

// === impl Watched ===

impl Watched {
    pub(crate) fn start(
        levels: &ServiceLevels,
        prometheus: &PrometheusExporter,
    ) -> Result<Self, BoxError> {
        let history = History::builder().build()?;
        let monitor = levels.monitor(prometheus.recorder());
        let sampler = Sampler::builder(history.clone())
            .producer(prometheus.recorder())
            .after_reading(monitor.evaluator(history.clone()))
            .start()?;
        Ok(Self {
            history,
            monitor,
            sampler,
        })
    }

    /// Returns the last hour of the metrics, for the operations page.
    pub(crate) fn history(&self) -> History {
        self.history.clone()
    }

    /// Returns the monitor, by which other parts notice that an objective is missed or a range is left.
    pub(crate) fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    pub(crate) fn stop(self) {
        self.sampler.stop();
    }
}

/// Returns the metrics that the shop has.
fn catalogue() -> Catalogue {
    gusset::catalogue()
        .without([
            "messaging.",
            "gusset.messaging.",
            "rpc.client.",
            "gusset.rpc.client.",
        ])
        .without(["gusset.bulkhead.", "gusset.throttle."])
        .with([ORDERS_PLACED])
}
