//! The behaviour of health and life cycle. Tests control the time, and none of them sleeps.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names describe the behaviour, and tests may panic"
)]

mod auto_traits;
mod axum_server;
mod builtin_checks;
mod checks;
mod compile_fail;
mod config;
mod contract;
mod defaults;
mod dependencies;
mod exit_code;
mod formats;
mod grpc;
mod grpc_client;
mod lifecycle;
mod liveness;
mod log_events;
mod metrics;
mod passive;
mod phases;
mod probes;
mod secrets;
mod shutdown;
mod support;
#[cfg(all(feature = "systemd", target_os = "linux"))]
mod systemd;
