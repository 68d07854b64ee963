//! The website of the shop: a page that reports what its users wait for.

use std::fmt::Write as _;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use gusset::browser::BrowserMonitor;
use gusset::trace::ServerTimingLayer;
use gusset::{ConfigError, Telemetry};

use super::shop::CATALOGUE;

/// The page, as labels and objectives name it.
pub(crate) const HOME: &str = "/";

const SCRIPT: &str = "/browser.js";
/// The script and its beacons need no more.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

/// Returns the page, the script and its beacons.
pub(crate) fn routes(telemetry: &Telemetry) -> Result<Router, ConfigError> {
    let browser = telemetry.browser_monitor([HOME]).build()?;
    let page = Html(page(&browser));
    let home = get(async move || ([("content-security-policy", POLICY)], page.clone()));
    Ok(Router::new()
        .route(HOME, home)
        // Joins the load to the trace of the request.
        .layer(ServerTimingLayer::new().html_only())
        .route_service(SCRIPT, browser.service()))
}

fn page(browser: &BrowserMonitor) -> String {
    let script = browser
        .script_element(SCRIPT, HOME)
        .expect("the page is registered");
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>{script}</head>\
         <body><h1>Shop</h1><ul>"
    );
    for item in CATALOGUE {
        // Writing to a `String` does not fail.
        let _ = write!(page, "<li>{}: {} cents</li>", item.name, item.cents);
    }
    page.push_str("</ul></body></html>");
    page
}
