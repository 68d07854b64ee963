//! The shop's health under fire: real processes, real sockets, real signals. Each test counts and
//! looks at the order of things; time only bounds it.
//!
//! The shop that is started is the example, which `cargo test` builds with the tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod balancer;
mod kubelet;
mod load;
mod overload;
mod process;
mod shutdown;
