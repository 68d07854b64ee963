//! Tests of the access log and of the layer.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod consumer;
mod contract;
mod environment;
mod exceptions;
mod export_filter;
mod file;
mod filter_handle;
mod formats;
mod forwarded;
mod hostile;
mod in_progress;
mod limits;
mod log_crate;
mod operations;
mod own_fields;
mod parents;
mod parsers;
mod records;
mod redaction;
mod rust_log;
mod sampled_only;
mod schemas;
mod spans;
mod support;
mod terminal;
mod user_code;
mod writer;
