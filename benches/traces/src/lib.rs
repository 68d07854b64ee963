//! Benchmarks of gusset's traces and their peers, on the same two services.
//!
//! Each is measured filtered off (spans are disabled), not sampled (by the client's decision), and
//! sampled, with a queue whose batches a thread discards. Every request has a `traceparent`. Only
//! `cargo xtask bench` and `cargo xtask traces` build this package.

pub mod scenarios;
pub mod sink;
pub mod subjects;

use gusset_benches::Scenario;

/// Returns all scenarios, each after its baseline.
pub fn all() -> Vec<Scenario> {
    let mut all = scenarios::svc();
    all.extend(scenarios::axum());
    all.extend(scenarios::span());
    all
}
