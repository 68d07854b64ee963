//! What the users of a website wait for: page loads and Core Web Vitals, as their browsers measure them.
//!
//! `cargo run --example browser`, then open `127.0.0.1:3000/orders/7` with a browser, leave the page, and
//! `curl 127.0.0.1:9464/metrics`.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use gusset::trace::ServerTimingLayer;
use tokio::net::TcpListener;

const ORDER: &str = "/orders/{id}";
const SCRIPT: &str = "/browser.js";

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let browser = gusset.browser_monitor([ORDER]).build()?;
    let script = browser
        .script_element(SCRIPT, ORDER)
        .expect("the page is registered");
    let page = Html(format!(
        "<!doctype html><head>{script}</head><h1>Order</h1>"
    ));
    let app = Router::new()
        .route(ORDER, get(async move || page.clone()))
        // Joins the load to the trace of the request.
        .layer(ServerTimingLayer::new().html_only())
        .route_service(SCRIPT, browser.service())
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
