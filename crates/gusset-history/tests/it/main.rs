//! Tests of the history as its users see it.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod budget;
mod decay;
mod gaps;
mod histograms;
mod model;
mod own_metrics;
mod properties;
mod restarts;
mod sampler;
mod selectors;
mod support;
mod trend;
