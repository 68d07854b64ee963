//! Benchmarks of gusset's log entries and their peers: access log entries on the same axum route, and
//! events in a span and outside of one.
//!
//! All write JSON, which is discarded. Only `cargo xtask bench` and `cargo xtask logs` build this package.

mod calls;
mod events;
pub mod subscribers;

use gusset_benches::Scenario;

/// Returns all scenarios, each after its baseline.
pub fn all() -> Vec<Scenario> {
    let mut all = calls::scenarios();
    all.extend(events::scenarios());
    all
}
