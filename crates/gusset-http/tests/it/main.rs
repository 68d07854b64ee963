//! When a call ends, how it is classified, and what its attributes are. Tests poll scripted bodies:
//! no runtime, no sleep, a mock clock.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names are the documentation; a test may fail"
)]

mod attributes;
mod auto_traits;
mod catch_panic;
mod classify;
mod custom_classifier;
mod endpoint;
mod ends;
mod error_statuses;
mod grpc;
mod grpc_unread;
mod lengths;
mod local;
mod methods;
#[cfg(feature = "original-uri")]
mod nested;
mod paths;
mod rejection;
mod request;
mod route;
mod rpc_method;
mod sizes;
mod support;
mod time;
mod transparent;
mod ui;
mod untrusted_input;
