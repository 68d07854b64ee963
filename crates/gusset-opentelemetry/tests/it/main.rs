//! Tests of the public API.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[cfg(all(feature = "logs", feature = "subscriber"))]
mod beside;
mod context;
mod context_calls;
mod context_clients;
mod context_support;
mod context_workers;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod meter;
#[cfg(feature = "metrics")]
mod meter_series;
#[cfg(feature = "metrics")]
mod meter_support;
#[cfg(feature = "exporter")]
mod spans_exporter;
#[cfg(feature = "exporter")]
mod spans_exporter_metrics;
#[cfg(feature = "exporter")]
mod spans_exporter_support;
mod spans_inner;
mod spans_live;
mod spans_live_faults;
mod spans_sampler;
mod spans_shared;
mod spans_support;
mod support;
