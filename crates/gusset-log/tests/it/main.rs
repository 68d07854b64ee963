//! What lines say, and that they say it whatever happens.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod contract;
mod control;
mod environment;
mod formats;
mod hostile;
mod limits;
mod parsers;
mod records;
mod redaction;
mod running;
mod spans;
mod support;
mod writer;
