//! gusset's traces beside those of their peers, each laid over the same two services.
//!
//! Each is measured filtered off (nobody wants spans), not sampled (the caller says so), and sampled,
//! with a queue whose batches a thread throws away. Every request bears a `traceparent`. A package of
//! its own, outside the workspace.

pub mod laid;
pub mod sink;
pub mod subjects;

use gusset_benches::Scenario;

/// All scenarios, each after the one it is compared with.
pub fn all() -> Vec<Scenario> {
    let mut all = laid::over_svc();
    all.extend(laid::over_axum());
    all
}
