//! What a call costs, beside the same service without us.
//!
//! A [`Scenario`] is one thing done again and again: a call of a service with or without a layer, or
//! a page that is rendered. Everything that measures takes the same scenarios:
//!
//! | what | measured by |
//! |---|---|
//! | instructions | the binary `instructions`, run by `cargo xtask bench` under callgrind |
//! | allocations | the binary `allocations`, and `tests/alloc.rs`, which guards them |
//! | time | `benches/*.rs`, run by `cargo xtask time` |
//!
//! Peers are measured by a package of their own, `peers/`, so that nobody builds them who only works
//! on gusset: it depends on this one, makes its layers into scenarios with [`svc::layered`] and
//! [`axum::works`], and hands them to [`program`]. It takes times too, ours beside theirs.

pub mod attacks;
pub mod axum;
mod drive;
pub mod floor;
pub mod health;
pub mod layers;
pub mod otlp;
pub mod page;
pub mod pass;
pub mod program;
mod scenario;
pub mod series;
pub mod sizes;
pub mod svc;

pub use drive::drive;
pub use scenario::{Scenario, Work, Works};

/// All scenarios of ours, each after the one it is compared with.
pub fn all() -> Vec<Scenario> {
    let mut all = svc::scenarios();
    all.extend(axum::scenarios());
    all.extend(series::scenarios());
    all.extend(attacks::scenarios());
    all.extend(page::scenarios());
    all.extend(health::scenarios());
    all.extend(otlp::scenarios());
    all
}
