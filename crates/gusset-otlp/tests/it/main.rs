//! What reaches a receiver, and what happens when it does not.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

mod faults;
mod receiver;
mod shutdown;
mod spans;
mod support;
