//! Tests of the objectives, ranges and generated files as a service uses them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod errors;
mod generated;
mod monitor;
mod served;
mod shop;
