//! Real servers over loopback, with a delay in each phase.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod attribution;
mod curl;
mod details;
mod failures;
mod metrics;
mod phases;
mod reqwest_client;
mod retries;
mod server_phases;
mod support;
