//! Exports to a receiver, and their failures.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failed unwrap fails the test"
)]

mod auto_traits;
mod console;
mod environment;
mod faults;
#[cfg(unix)]
mod fork;
mod logs;
mod metrics;
mod order;
mod proxy;
mod real_receivers;
mod receiver;
mod schema;
mod self_metrics;
mod shutdown;
mod size_limits;
mod spans;
mod support;
mod tls;
#[cfg(unix)]
mod unix_socket;
mod wrong_receivers;
