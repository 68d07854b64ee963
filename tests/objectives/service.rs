//! A service that can be made to fail, and the objectives that it then misses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gusset::Gusset;
use gusset_slo::{
    Aggregate, AlertSeverity, Catalogue, NormalRange, Objective, ServiceLevels, Subject,
};
use gusset_tests::servers::Server;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The time between two requests, and between two scrapes.
const REQUEST_INTERVAL: Duration = Duration::from_millis(20);
pub(crate) const SCRAPE_INTERVAL: Duration = Duration::from_millis(500);
/// Half a minute becomes 17 ms: an hour is two seconds, and all windows are at least four scrapes.
const COMPRESSION: u32 = 1800;

/// A service with constant traffic. Each second request fails.
pub(crate) struct Service {
    server: Server,
    gusset: Gusset,
    fails: Arc<AtomicBool>,
    traffic: JoinHandle<()>,
}

/// Returns the service levels, with windows of seconds.
pub(crate) fn levels() -> ServiceLevels {
    let catalogue = Catalogue::new()
        .with(gusset_health::names::ALL.iter().copied())
        // It has none of these.
        .without(["rpc.", "gusset.rpc.", "messaging.", "gusset.messaging."])
        .without(["http.client.", "gusset.http.client."])
        .without(["gusset.health.check.", "gusset.health.heartbeat."])
        // They appear with the first record over a limit.
        .without(["gusset.metrics."]);
    let orders = Subject::route("/orders");
    ServiceLevels::builder("shop")
        .catalogue(catalogue)
        .runbook_url("https://shop.example/runbook")
        .scrape_interval(SCRAPE_INTERVAL)
        .objective(Objective::availability("orders", orders.clone()).target(0.99))
        .objective(Objective::latency(
            "orders-latency",
            orders,
            Duration::from_secs(1),
        ))
        .range(
            NormalRange::new("failures", "gusset.http.server.outcomes")
                .aggregate(Aggregate::Rate)
                .label("gusset.outcome", "server_error")
                .high(1.0)
                .severity(AlertSeverity::Critical),
        )
        .build()
        .unwrap()
        .compressed(COMPRESSION)
}

// === impl Service ===

impl Service {
    pub(crate) fn start() -> Self {
        let gusset = gusset::builder()
            .without_log()
            .without_panic_hook()
            .health(|health| health.handle_signals(false))
            .history(|history| history.interval(Duration::from_secs(1)))
            .service_levels(levels())
            .build_with(|name| (name == "OTEL_SERVICE_NAME").then(|| "shop".to_owned()))
            .unwrap();
        // Otherwise it is not ready, which is an alert of its own.
        gusset.health().lifecycle().mark_started();
        let fails = Arc::new(AtomicBool::new(false));
        let is_failing = fails.clone();
        let order = async move || match is_failing.load(Ordering::Relaxed) {
            true => StatusCode::INTERNAL_SERVER_ERROR,
            false => StatusCode::OK,
        };
        let router = Router::new()
            .route("/orders", get(order))
            .route("/catalogue", get(async || "bolts"))
            .layer(gusset.http());
        let server = Server::axum(router);
        let url = format!("http://{}", server.addr());
        let traffic = tokio::spawn(async move {
            let client = reqwest::Client::new();
            loop {
                for path in ["/orders", "/catalogue"] {
                    let response = client.get(format!("{url}{path}")).send().await.unwrap();
                    response.bytes().await.unwrap();
                }
                sleep(REQUEST_INTERVAL).await;
            }
        });
        Self {
            server,
            gusset,
            fails,
            traffic,
        }
    }

    pub(crate) fn set_failing(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    /// Returns the address of the scrape endpoint.
    pub(crate) fn management(&self) -> SocketAddr {
        self.gusset.management_addr().unwrap()
    }

    /// Returns the text of the scrape endpoint.
    pub(crate) async fn page(&self) -> String {
        let url = format!("http://{}/metrics", self.management());
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Before the server, which reports broken connections.
        self.traffic.abort();
        let _ = self.server.addr();
    }
}
