//! Handles, futures and errors can be sent to other threads.

use gusset_prometheus::{
    ConfigError, PrometheusExporter, PrometheusExporterBuilder, Registry, Resource, ScrapeEndpoint,
    ScrapeFuture, SetGlobalRecorderError,
};

fn handle<T: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static>() {}
fn future<T: Future + Send + Unpin + 'static>() {}
fn error<T: std::error::Error + Send + Sync + 'static>() {}

#[test]
fn public_types_are_sendable() {
    handle::<ScrapeEndpoint>();
    handle::<PrometheusExporter>();
    handle::<PrometheusExporterBuilder>();
    handle::<Resource>();
    handle::<std::sync::Arc<Registry>>();
    future::<ScrapeFuture>();
    error::<ConfigError>();
    error::<SetGlobalRecorderError>();
}
