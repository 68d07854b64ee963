//! Tests of the public API.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod baggage;
mod client;
mod current;
mod custom_classifier;
#[cfg(feature = "subscriber")]
mod event_parents;
mod exceptions;
mod excluded;
mod export;
mod exported;
mod grpc;
mod level2;
mod operations;
mod optional_attributes;
mod own_fields;
#[cfg(feature = "subscriber")]
mod panics;
mod request_id;
mod request_options;
mod sampling;
mod sampling_rules;
mod secrets;
mod server_timing;
mod service;
#[cfg(feature = "subscriber")]
mod span_faults;
mod spans;
#[cfg(feature = "subscriber")]
mod stepped_clock;
#[cfg(feature = "subscriber")]
mod subscriber;
#[cfg(feature = "subscriber")]
mod subscriber_filters;
#[cfg(feature = "subscriber")]
mod subscriber_tasks;
mod support;
mod tail_sampling;
mod trust;
mod trust_in_sampling;
mod w3c;
