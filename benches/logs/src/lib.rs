//! Lines of gusset's log beside those of its peers: of calls, on the same axum route, and of a service's
//! own events, in a span and outside of one.
//!
//! Everybody writes JSON, to nowhere. A package of its own, outside the workspace: `cargo xtask logs`
//! builds it.

mod calls;
mod events;
pub mod writers;

use gusset_benches::Scenario;

/// All scenarios, each after the one it is compared with.
pub fn all() -> Vec<Scenario> {
    let mut all = calls::scenarios();
    all.extend(events::scenarios());
    all
}
