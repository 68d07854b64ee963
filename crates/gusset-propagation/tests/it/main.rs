//! Tests of the public API.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod baggage;
mod formats;
mod props;
mod support;
mod w3c;
