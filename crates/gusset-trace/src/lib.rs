#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod active_span;
mod call_kind;
mod client;
mod config;
mod contained_sink;
mod context_bridge;
mod current;
mod current_context;
#[cfg(feature = "subscriber")]
mod entered;
mod env;
mod exceptions;
pub mod inject;
pub mod live;
mod message_headers;
pub mod names;
mod resend;
pub mod sampler;
pub mod server_timing;
mod span_attributes;
mod span_limits;
#[cfg(feature = "subscriber")]
mod subscriber;
pub mod trace;
mod with_context;

pub use client::ClientLayer;
pub use config::TraceTrust;
pub use context_bridge::{AttachToken, BridgedContext, ContextBridge};
pub use current::set_attribute;
pub use current_context::{current_baggage, current_span_context};
pub use gusset_core::ConfigError;
pub use gusset_data::Redaction;
pub use inject::{Inject, InjectLayer};
pub use message_headers::{extract_message, inject_message};
pub use resend::ResendCount;
pub use server_timing::{ServerTiming, ServerTimingLayer};
pub use span_attributes::SpanAttributes;
pub use span_limits::SpanLimits;
#[cfg(feature = "subscriber")]
pub use subscriber::{RecordingFilter, SpanFilter, SpanLayer};
pub use trace::{
    MessageTrace, OperationTrace, TraceCallState, TraceObserver, TraceObserverBuilder,
};
pub use with_context::{WithContext, with_current_context};
