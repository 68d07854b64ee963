#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod admission;
mod builder;
pub mod bulkhead;
mod call_result;
mod circuit_breaker;
pub mod classify;
mod config;
mod counts;
mod error;
mod events;
mod layers;
#[cfg(all(test, loom))]
mod loom;
mod machine;
mod metrics;
pub mod names;
mod permit;
mod readiness;
mod registry;
mod response;
mod sharded_arc;
mod shared;
mod show;
mod state;
mod sync;
pub mod throttle;
mod waiters;
mod window;

pub use admission::{CircuitBreakerAdmission, CircuitBreakerPermit};
pub use builder::CircuitBreakerBuilder;
pub use call_result::{CallReport, CallResult};
pub use circuit_breaker::CircuitBreaker;
pub use config::{Config, ConfigError, HalfOpenPolicy};
pub use counts::Counts;
pub use error::CircuitOpen;
pub use events::TransitionStream;
pub use gusset_data::SharedRecorder;
pub use layers::CircuitBreakerLayer;
pub use permit::Permit;
pub use readiness::{ReadinessGate, ReadinessGateLayer};
pub use registry::{
    BreakerRegistry, BreakerRegistryAdmission, BreakerRegistryBuilder, ByRoute, KeyExtractor,
    by_host,
};
pub use response::{RespondUnavailable, grpc_response, http_response};
pub use state::{Reason, State, Transition};

/// The target of all log events of this crate.
const TARGET: &str = "gusset::breaker";
