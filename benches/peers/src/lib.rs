//! gusset's metrics beside those of its peers, each laid over the same two services.
//!
//! Every peer is made to record: in a recorder of Prometheus, or with a provider of OpenTelemetry
//! whose reader nobody reads. None is given more to do than it does as it comes, unless its name says
//! so. A package of its own, outside the workspace: `cargo xtask bench` builds it, and nothing else
//! does.

pub mod laid;
pub mod paired;
pub mod recorders;
pub mod sockets;

use gusset_benches::Scenario;

/// All scenarios, each after the one it is compared with.
pub fn all() -> Vec<Scenario> {
    let mut all = laid::over_svc();
    all.extend(laid::over_axum());
    all
}
