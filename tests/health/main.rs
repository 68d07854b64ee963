//! Health with tonic's server, a circuit breaker and the management server.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod breaker;
mod failing_checks;
mod management;
mod tonic_server;
