//! What reaches a receiver, and what happens when it does not.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

mod auto_traits;
mod collector;
mod console;
mod environment;
mod faults;
mod itself;
mod logs;
mod metrics;
mod receiver;
mod shutdown;
mod spans;
mod support;
mod tls;
