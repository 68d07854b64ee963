//! The contract of the breaker, from outside: no runtime, no sleep, time is given.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod auto_traits;
mod config;
mod contract;
mod control;
mod events;
mod metrics;
mod model;
mod others;
mod readiness;
mod refusals;
mod registry;
mod support;
mod threads;
mod votes;
