//! Layers of `tracing` that export to OpenTelemetry, beside gusset.

#[cfg(feature = "subscriber")]
mod call_ids;
mod without_calls;

#[cfg(feature = "subscriber")]
pub use self::call_ids::{WithCallIds, with_call_ids};
pub use self::without_calls::{SpanWithoutCalls, WithoutCalls, without_calls};
