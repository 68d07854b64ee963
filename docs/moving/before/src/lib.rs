//! The services of `docs/moving`, before the change. The pages have the same code (`tests/pages.rs`).
#![allow(dead_code, missing_docs, reason = "programs, to be compiled")]

pub mod axum_otel_metrics;
pub mod axum_prometheus;
pub mod axum_tracing_opentelemetry;
pub mod metrics_exporter_prometheus;
pub mod tower_http;
pub mod tower_resilience;
