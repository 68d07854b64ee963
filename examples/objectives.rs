//! The rules, alerts, dashboards and the runbook of a service, made from its objectives and normal ranges.
//!
//! ```text
//! cargo run --example objectives             prints the rules for Prometheus
//! cargo run --example objectives -- FOLDER   writes all files: rules, their tests, dashboards, the runbook
//! ```
//!
//! A service that runs has the same files at `/slo/` of its management server (`service_levels` of
//! `gusset::builder`). `docs/objectives.md` shows the way from here to a page at night.

use std::error::Error;

use gusset::slo::{Aggregate, AlertSeverity, NormalRange, Objective, ServiceLevels, Subject};

fn main() -> Result<(), Box<dyn Error>> {
    let levels = levels()?;
    match std::env::args_os().nth(1) {
        Some(folder) => levels.write_to(&folder)?,
        None => print!("{}", levels.rules().to_yaml()),
    }
    Ok(())
}

/// Returns what the service promises, and what is usual for it.
fn levels() -> Result<ServiceLevels, gusset::ConfigError> {
    // What it does not record has no rules and no panels.
    let catalogue =
        gusset::catalogue().without(["rpc.", "gusset.rpc.", "messaging.", "gusset.messaging."]);
    let orders = Subject::route("/orders");
    ServiceLevels::builder("orders")
        .catalogue(catalogue)
        .runbook_url("https://wiki.example.com/orders/runbook")
        .objective(
            Objective::availability("orders", orders)
                .target(0.999)
                .description("Customers can place orders.")
                .advice("Is the payment service down? Then call its team."),
        )
        // 0.4 s for a call to another service, 0.8 s for a response in all.
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
                .severity(AlertSeverity::Critical),
        )
        .build()
}
