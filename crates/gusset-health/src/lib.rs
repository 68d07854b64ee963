#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ask;
mod builder;
mod check;
mod core;
mod drain;
mod grpc;
mod health;
mod heartbeat;
mod in_flight;
mod lifecycle;
#[cfg(feature = "management")]
mod management;
mod metrics;
pub mod names;
mod passive;
mod probe;
mod ready_made;
mod running;
mod start_guard;
mod status;
#[cfg(all(feature = "systemd", unix))]
mod systemd;

pub use ask::ask;
pub use builder::HealthBuilder;
pub use check::{Check, Exclusive, Gate, Optional, Shared};
pub use drain::{Drain, DrainFuture, DrainLayer};
pub use grpc::{GrpcHealth, GrpcHealthBody, GrpcHealthFuture};
pub use gusset_core::ConfigError;
pub use health::{Health, PATHS};
pub use heartbeat::Heartbeat;
pub use in_flight::{InFlight, InFlightCall};
pub use lifecycle::{Lifecycle, Phase};
#[cfg(feature = "management")]
pub use management::{Management, ManagementBuilder, ManagementError};
pub use metrics::SharedRecorder;
pub use passive::{Passive, PassiveCall};
pub use probe::{Format, Probe};
#[cfg(feature = "http-check")]
pub use ready_made::http_get;
pub use ready_made::tcp;
#[cfg(feature = "disk")]
pub use ready_made::{Disk, DiskReport};
pub use running::{Farewell, Running, StartError};
pub use start_guard::StartGuard;
pub use status::{Report, Status};
