//! Tests of the public API, without a runtime and with a mock clock.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names document the tests; a test may panic"
)]

mod auto_traits;
mod config;
mod contract;
mod control;
mod discarded;
mod error_statuses;
mod events;
mod metrics;
mod model;
mod panicking_recorder;
mod panics;
mod readiness;
mod recording;
mod registry;
mod rejection;
mod support;
mod threads;
mod throttle_and_bulkhead;
