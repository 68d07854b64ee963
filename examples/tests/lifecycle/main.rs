//! The start, overload and shutdown of the shop, with real processes, sockets and signals. The tests check
//! counts and the order of events; durations are only upper bounds.
//!
//! They start the example `shop`, which `cargo test` builds.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod balancer;
mod faults;
mod kubelet;
mod load;
mod objectives;
mod overload;
mod process;
mod shutdown;
