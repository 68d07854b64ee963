#![doc = include_str!("../README.md")]

pub mod http;
mod instruments;
mod intern;
mod key;
mod labels;
pub mod messaging;
mod meter;
pub mod names;
mod nesting;
pub mod registry;
pub mod rpc;
mod series;
mod table;

pub use gusset_core::ConfigError;
pub use http::{HttpMetrics, HttpMetricsBuilder};
pub use labels::{Label, LabelValue};
pub use messaging::{MessageMetrics, MessageMetricsBuilder};
pub use registry::{Registry, RegistryBuilder};
pub use rpc::{RpcMetrics, RpcMetricsBuilder};

/// Where metrics are recorded: any recorder of the `metrics` facade, shared by handle, so that no
/// global is needed and several live in one process.
pub type SharedRecorder = std::sync::Arc<dyn metrics::Recorder + Send + Sync>;
