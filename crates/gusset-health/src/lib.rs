#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod builder;
mod check;
mod checks;
mod connection_drain;
mod contained;
mod exit_code;
mod grpc;
mod health;
mod heartbeat;
mod in_flight;
mod lifecycle;
mod metrics;
pub mod names;
mod passive;
mod probe;
mod probe_routes;
mod response_format;
mod runtime;
mod show;
mod startup_gate;
mod state;
mod status;
#[cfg(all(feature = "systemd", unix))]
mod systemd;

pub use builder::HealthBuilder;
pub use check::{
    Check, CheckSwitch, LocalDependency, OptionalDependency, ReadinessCheck, RegisteredCheck,
    SharedDependency,
};
#[cfg(feature = "certificates")]
pub use checks::CertificateFile;
#[cfg(feature = "disk")]
pub use checks::{DiskSpace, DiskUsage};
pub use connection_drain::{ConnectionDrain, ConnectionDrainFuture, ConnectionDrainLayer};
pub use exit_code::probe_exit_code;
pub use grpc::{GrpcHealth, GrpcHealthBody, GrpcHealthFuture};
pub use gusset_core::{ConfigError, Env};
pub use gusset_data::SharedRecorder;
pub use health::{Health, PATHS};
pub use heartbeat::Heartbeat;
pub use in_flight::{InFlight, InFlightCall};
pub use lifecycle::{Lifecycle, Phase};
pub use passive::{PassiveCheck, PassiveCheckCall};
pub use probe::Probe;
pub use probe_routes::ProbeRoutes;
pub use response_format::ResponseFormat;
pub use runtime::{HealthRuntime, ShutdownReport, StartError};
pub use startup_gate::StartupGate;
pub use status::{CheckResult, Status};

/// The target of all log events of this crate.
const TARGET: &str = "gusset::health";
