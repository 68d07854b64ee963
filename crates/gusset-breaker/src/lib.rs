#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod anchor;
mod answer;
mod breaker;
mod builder;
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
mod permit;
mod shared;
mod state;
mod sync;
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
pub use permit::Permit;
pub use state::{Reason, State, Transition};
pub use vote::{Ballot, Vote};
