//! One trace through several services, over real connections: axum, reqwest and tonic, each with the
//! recipe that `docs/tracing.md` has.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests themselves"
)]

mod recipes;
mod retries;
mod spans;
mod whole;
