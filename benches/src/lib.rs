//! Benchmarks of gusset: the cost of a call, compared with the same service without a layer.
//!
//! A [`Scenario`] is an operation that is repeated: a call of a service, or a scrape. Every tool
//! measures the same scenarios:
//!
//! | what | measured by |
//! |---|---|
//! | instructions | the binary `instructions`, run by `cargo xtask bench` under callgrind |
//! | allocations | the binary `allocations`; `tests/` guards the numbers |
//! | time | `benches/*.rs`, run by `cargo xtask time` |
//!
//! Other crates are measured by packages outside of the workspace (`peers/`, `traces/`, `logs/`,
//! `breakers/`, `system/`), so that builds of gusset do not build them. They depend on this package, make scenarios
//! with [`svc::layered`] and [`axum::calls`], and pass them to [`program`].

pub mod axum;
pub mod client;
pub mod health;
pub mod history;
pub mod layers;
pub mod manual;
pub mod otlp;
pub mod pass;
pub mod program;
mod run_call;
mod scenario;
pub mod scrape;
pub mod series;
pub mod sizes;
#[cfg(feature = "turns")]
pub mod sockets;
pub mod svc;
pub mod telemetry;
#[cfg(feature = "turns")]
pub mod times;
pub mod unknown_values;
pub mod visits;

pub use run_call::run_call;
pub use scenario::{Scenario, Work, WorkFactory};

/// Returns all scenarios, each after its baseline.
pub fn all() -> Vec<Scenario> {
    let mut all = svc::scenarios();
    all.extend(axum::scenarios());
    all.extend(series::scenarios());
    all.extend(unknown_values::scenarios());
    all.extend(scrape::scenarios());
    all.extend(health::scenarios());
    all.extend(history::scenarios());
    all.extend(telemetry::scenarios());
    all.extend(otlp::scenarios());
    all.extend(client::scenarios());
    all.extend(visits::scenarios());
    all
}
