#![doc = include_str!("../README.md")]

mod baggage;
mod context;
mod error;
mod flags;
mod hex;
mod ids;
pub mod propagate;
mod random;
mod state;

pub use baggage::{Baggage, BaggageError};
pub use context::TraceContext;
pub use error::ConfigError;
pub use flags::TraceFlags;
pub use ids::{SpanId, TraceId};
pub use propagate::{Propagated, Propagator, Propagators};
pub use state::{TraceState, TraceStateError};
