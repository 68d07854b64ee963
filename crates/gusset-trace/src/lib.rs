#![doc = include_str!("../README.md")]

mod attributes;
mod baggage;
mod client;
mod context;
mod current;
mod exception;
mod flags;
mod glance;
mod hex;
mod ids;
pub mod inject;
mod limits;
pub mod names;
#[cfg(feature = "opentelemetry")]
pub mod otel;
pub mod propagate;
mod random;
mod recording;
mod resend;
pub mod sample;
pub mod server_timing;
mod state;
#[cfg(feature = "subscriber")]
mod subscriber;
pub mod trace;

pub use attributes::Attributes;
pub use baggage::{Baggage, BaggageError};
pub use client::ClientLayer;
pub use context::TraceContext;
pub use current::{Carried, carry, current, current_baggage, set_attribute};
pub use flags::TraceFlags;
pub use gusset_core::ConfigError;
pub use ids::{SpanId, TraceId};
pub use inject::{Inject, InjectLayer};
pub use limits::Limits;
pub use propagate::{Propagated, Propagator, Propagators};
pub use resend::ResendCount;
pub use server_timing::{ServerTiming, ServerTimingLayer};
pub use state::{TraceState, TraceStateError};
#[cfg(feature = "subscriber")]
pub use subscriber::{Recorded, SpanLayer};
pub use trace::{Trace, TraceBuilder, TraceCall};
