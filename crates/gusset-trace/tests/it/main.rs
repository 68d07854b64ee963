//! What the crate promises, from the outside.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod baggage;
mod client;
mod formats;
mod grpc;
mod level2;
mod props;
mod request_id;
mod secrets;
mod server_timing;
mod service;
mod spans;
mod support;
mod w3c;
