//! Tests of the public API. Time is paused: no test sleeps.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names document the tests; a test may panic"
)]

mod arming;
mod bodies;
mod cases;
#[cfg(feature = "control")]
mod control;
mod experiments;
mod faults;
mod limits;
mod matrix;
mod rules;
mod seeds;
mod support;
