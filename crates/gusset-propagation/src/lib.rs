#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod baggage;
mod context;
mod formats;
mod header;
mod header_scan;
mod hex;
mod ids;
mod propagator;
mod propagators;
mod random;
mod span_context;
mod trace_flags;
mod trace_state;

pub use baggage::{Baggage, BaggageError};
pub use context::PropagationContext;
#[cfg(feature = "b3")]
pub use formats::B3;
#[cfg(feature = "jaeger")]
pub use formats::Jaeger;
#[cfg(feature = "xray")]
pub use formats::XRay;
pub use formats::{HEADERS, W3cBaggage, W3cTraceContext, has_known_format};
pub use gusset_core::ConfigError;
pub use header_scan::HeaderScan;
pub use ids::{SpanId, TraceId};
pub use propagator::Propagator;
pub use propagators::Propagators;
pub use span_context::SpanContext;
pub use trace_flags::TraceFlags;
pub use trace_state::{TraceState, TraceStateError};
