#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod axum_prometheus;
mod call_metrics;
mod global_recorder;
pub mod http;
mod intern;
mod key;
mod labels;
pub mod messaging;
pub mod names;
pub mod operations;
pub mod pools;
mod registered;
pub mod registry;
pub mod rpc;
pub mod rpc_messages;
mod series_set;

pub use axum_prometheus::{AxumPrometheusCall, AxumPrometheusMetrics};
pub use global_recorder::GlobalRecorder;
pub use gusset_core::ConfigError;
pub use gusset_data::SharedRecorder;
pub use http::{HttpMetrics, HttpMetricsBuilder};
pub use labels::{Label, LabelValue};
pub use messaging::{MessagingMetrics, MessagingMetricsBuilder};
pub use operations::{OperationMetrics, OperationMetricsBuilder};
pub use registry::{ExponentialHistogram, Registry, RegistryBuilder, View};
pub use rpc::{RpcMetrics, RpcMetricsBuilder};

/// The target of all log events of this crate.
const TARGET: &str = "gusset::metrics";
