//! Each short example does what its first lines state, in a process of its own, over real sockets.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use it too")]
#[path = "../lifecycle/process.rs"]
mod process;

mod clients;
mod collector;
mod grpc;
mod jobs;
mod lambda;
mod opentelemetry;
mod parts;
mod receiver;
mod recorders;
mod running;
mod servers;
mod table;
mod workspace;
