#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod builder;
mod endpoint;
mod error;
mod exporter;
mod format;
mod naming;
mod negotiation;
mod produced;
#[cfg(feature = "protobuf")]
mod protobuf;
mod renderer;
mod snapshot;
mod text;

pub use gusset_core::ConfigError;
pub use gusset_data::Resource;
pub use gusset_metrics::Registry;

pub use builder::PrometheusExporterBuilder;
pub use endpoint::{ScrapeEndpoint, ScrapeFuture};
pub use error::SetGlobalRecorderError;
pub use exporter::PrometheusExporter;

/// The target of all log events of this crate.
const TARGET: &str = "gusset::prometheus";
