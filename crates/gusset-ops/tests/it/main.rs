//! Tests of the page over its endpoints.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod charts;
mod description;
#[cfg(feature = "incident")]
mod incidents;
mod live;
#[cfg(feature = "incident")]
mod otlp;
mod page;
#[cfg(feature = "incident")]
mod recorder;
mod settings;
mod support;
mod tasks;
