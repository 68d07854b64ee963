//! HTTP and gRPC as protocols: when a call has ended, and what that is called. Poll by poll, over
//! scripted bodies: no runtime, no sleep, time is given.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod attributes;
mod auto_traits;
mod classify;
mod endpoint;
mod ends;
mod grpc;
mod hostile;
mod isolate;
mod lengths;
mod local;
mod methods;
mod paths;
mod refusal;
mod request;
mod route;
mod sizes;
mod support;
mod time;
mod transparent;
mod ui;
