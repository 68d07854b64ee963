//! Tests of the diagnosis as its users see it.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod hold;
mod inputs;
mod properties;
mod rules;
mod series;
mod support;
mod text;
mod thresholds;
mod tree;
mod watcher;
