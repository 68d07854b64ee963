//! Tests of the public API.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod context;
mod support;
