#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod call;
mod connect;
mod har;
pub mod names;
mod peer;
mod phase;
mod recent;
mod record;
mod retries;
mod scope;
mod server;
mod shared;
mod time;
mod timer;
mod timings;

pub use call::{
    CallTimings, OpaqueTiming, OpaqueTimingLayer, TimedBody, TimedResponseBody, Timing,
    TimingFuture, TimingLayer,
};
#[cfg(feature = "rustls")]
pub use connect::{CertificateExpiry, CertificateFuture};
pub use connect::{
    ConnectorFuture, OpaqueConnector, OpaqueConnectorFuture, OpaqueConnectorLayer, ResolverFuture,
    TcpFuture, TimedConnector, TimedIo, TimedResolver, TimedTcp,
};
pub use gusset_core::ConfigError;
pub use gusset_data::SharedRecorder;
pub use phase::Phase;
pub use recent::RecentCall;
pub use retries::{Retries, RetriesFuture, RetriesLayer};
pub use server::{
    PhaseGuard, ServerPhaseFuture, ServerPhaseLayer, ServerPhaseService, ServerPhases,
    ServerPhasesBuilder, phase,
};
pub use shared::Detail;
pub use timer::{ClientTimer, ClientTimerBuilder};
pub use timings::Timings;

/// The target of all log events of this crate.
const TARGET: &str = "gusset::client";
