//! Tests of the page over its endpoints.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod page;
#[cfg(feature = "incident")]
mod recorder;
mod support;
mod tasks;
