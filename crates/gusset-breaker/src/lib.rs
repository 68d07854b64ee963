#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod anchor;
mod answer;
mod breaker;
mod builder;
pub mod bulkhead;
mod config;
mod counts;
mod guard;
mod journal;
pub mod judge;
mod layers;
#[cfg(all(test, loom))]
mod loom;
mod machine;
mod metrics;
pub mod names;
mod open;
mod pend;
mod permit;
mod registry;
mod shared;
mod state;
mod sync;
pub mod throttle;
mod vote;
mod waiters;
mod window;

pub use answer::{grpc_unavailable, unavailable};
pub use breaker::Breaker;
pub use builder::BreakerBuilder;
pub use config::{Config, ConfigError, HalfOpenPolicy};
pub use counts::Counts;
pub use guard::{BreakerGuard, BreakerPermit};
pub use journal::Transitions;
pub use layers::BreakerLayer;
pub use metrics::SharedRecorder;
pub use open::Open;
pub use pend::{Pend, PendLayer};
pub use permit::Permit;
pub use registry::{BreakerKey, Registry, RegistryBuilder, RegistryGuard, by_host, by_route};
pub use state::{Reason, State, Transition};
pub use vote::{Ballot, Vote};
