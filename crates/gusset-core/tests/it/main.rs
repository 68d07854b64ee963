//! The contract of the driver, poll by poll: no runtime, no sleep, time is given.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod admission;
mod auto_traits;
mod catch_panic;
mod compose;
mod failure;
mod fields;
mod observed_admission;
mod operations;
mod panicking_classifier;
mod readiness;
mod sizes;
mod span_ids;
mod support;
mod time;
mod tracker;
mod twice;
mod ui;
mod wakers;
