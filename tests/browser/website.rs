//! A website that measures its pages.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use gusset::browser::{BrowserMonitor, BrowserMonitorBuilder};
use gusset::data::{Metric, MetricData};
use gusset::testing::Capture;
use gusset::trace::ServerTimingLayer;
use tokio::net::TcpListener;

/// The page that is measured. Its policy allows scripts of its own origin only.
pub(crate) const PAGE: &str = "/orders/{id}";
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'";

/// A button that blocks the page, a paragraph that moves, and an error.
const PAGE_SCRIPT: &str = r##"
addEventListener("DOMContentLoaded", () => {
  document.querySelector("#slow").addEventListener("click", () => {
    const end = performance.now() + 150;
    while (performance.now() < end);
    document.querySelector("#slow").textContent = "done";
  });
  document.querySelector("#fail").addEventListener("click", () => { nonsense(); });
  document.querySelector("#reject").addEventListener("click", () => { Promise.reject(new Error("on purpose")); });
  setTimeout(() => {
    const image = document.createElement("div");
    image.style.height = "200px";
    document.body.prepend(image);
  }, 200);
});
"##;

/// A website on a port of its own, with what it has recorded.
pub(crate) struct Website {
    pub(crate) address: SocketAddr,
    pub(crate) capture: Arc<Capture>,
}

// === impl Website ===

impl Website {
    pub(crate) async fn start() -> Self {
        Self::with(|browser| browser).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(BrowserMonitorBuilder) -> BrowserMonitorBuilder,
    ) -> Self {
        let capture = Arc::new(Capture::new());
        let gusset = capture.gusset();
        let browser = configure(gusset.browser_monitor([PAGE])).build().unwrap();
        let page = page(&browser);
        let plain = async || "<p>not HTML</p>";
        let app = Router::new()
            .route(PAGE, get(move || slow_page(page.clone())))
            .route("/plain", get(plain))
            .route(
                "/page.js",
                get(async || ([("content-type", "text/javascript")], PAGE_SCRIPT)),
            )
            .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
            .layer(ServerTimingLayer::new().html_only())
            .route_service("/browser.js", browser.service())
            .layer(gusset.http());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, capture }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/orders/7", self.address)
    }

    /// Returns the number and the sum of the values of a histogram with this label, in its unit.
    pub(crate) fn histogram(&self, name: &str, label: &str) -> (u64, f64) {
        let metrics = self.capture.metrics();
        let points = metrics.iter().filter(|metric| *metric.name == *name);
        let points = points.flat_map(|metric| match &metric.data {
            MetricData::Histogram(points) => points.as_slice(),
            _ => &[],
        });
        let points = points.filter(|point| point.labels.iter().any(|(_, value)| &**value == label));
        points.fold((0, 0.0), |(count, sum), point| {
            (
                count + point.counts.iter().sum::<u64>(),
                sum + point.sum.unwrap(),
            )
        })
    }

    /// Returns the counts of the beacons that are not zero, by outcome.
    pub(crate) fn beacons(&self) -> Vec<(String, f64)> {
        let metrics = self.capture.metrics();
        let beacons = |metric: &&Metric| *metric.name == *"gusset.browser.beacons";
        let Some(Metric {
            data: MetricData::Counter(points),
            ..
        }) = metrics.iter().find(beacons)
        else {
            return Vec::new();
        };
        let mut counts: Vec<_> = points
            .iter()
            .filter(|point| point.value > 0.0)
            .map(|point| (point.labels[0].1.to_string(), point.value))
            .collect();
        counts.sort_by(|(left, _), (right, _)| left.cmp(right));
        counts
    }
}

fn page(browser: &BrowserMonitor) -> String {
    let script = browser.script_element("/browser.js", PAGE).unwrap();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Order</title>\
         <script defer src=\"/page.js\"></script>{script}</head><body><h1>Order 7</h1><p>Three bolts.</p>\
         <button id=\"slow\">slow</button> <button id=\"fail\">fail</button> <button id=\"reject\">reject</button>\
         </body></html>"
    )
}

/// Returns the page after a while, as one that reads a database.
async fn slow_page(page: String) -> Response {
    tokio::time::sleep(Duration::from_millis(60)).await;
    ([("content-security-policy", POLICY)], Html(page)).into_response()
}
