//! Benchmarks of gusset's metrics and their peers, on the same two services.
//!
//! Every peer records: in a Prometheus recorder, or with an OpenTelemetry provider whose reader is never
//! collected. Each has its defaults, except where its name states otherwise. Only `cargo xtask bench`
//! builds this package.

pub mod recorders;
pub mod records;
pub mod scenarios;

use gusset_benches::Scenario;

/// Returns all scenarios, each after its baseline.
pub fn all() -> Vec<Scenario> {
    let mut all = scenarios::svc();
    all.extend(scenarios::axum());
    all.extend(records::scenarios());
    all
}
