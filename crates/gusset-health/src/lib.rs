#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod check;
mod core;
mod error;
mod health;
mod heartbeat;
mod in_flight;
mod lifecycle;
mod metrics;
pub mod names;
mod probe;
mod running;
mod status;

pub use builder::HealthBuilder;
pub use check::{Check, Exclusive, Gate, Optional, Shared};
pub use error::ConfigError;
pub use health::{Health, PATHS};
pub use heartbeat::Heartbeat;
pub use in_flight::{InFlight, InFlightCall};
pub use lifecycle::{Lifecycle, Phase};
pub use metrics::SharedRecorder;
pub use probe::{Format, Probe};
pub use running::{Farewell, Running, StartError};
pub use status::{Report, Status};
