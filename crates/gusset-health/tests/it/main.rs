//! What health and life cycle promise. Time is paused and given; nothing sleeps.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod auto_traits;
mod checks;
mod command;
mod config;
mod contract;
mod defaults;
mod formats;
mod grpc;
mod grpc_client;
mod life;
mod liveness;
#[cfg(feature = "management")]
mod management;
mod metrics;
mod passive;
mod phases;
mod probes;
mod ready_made;
mod roles;
mod served;
mod shutdown;
mod support;
#[cfg(all(feature = "systemd", target_os = "linux"))]
mod systemd;
mod ui;
