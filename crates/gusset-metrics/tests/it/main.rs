//! The metrics of calls, as recorded by a recorder for tests.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too")]

mod axum_prometheus;
mod completion;
mod config;
mod contract;
mod exemplars;
mod exponential;
mod labels;
mod messaging;
mod operations;
mod overflow;
mod own_fields;
mod panics;
mod pools;
mod producers;
mod reentrancy;
mod registry;
mod registry_limits;
mod request_bodies;
mod rpc;
mod rpc_messages;
mod support;
mod views;
