//! What lines say, and that they say it whatever happens.

#![allow(missing_docs, reason = "tests say what they test by their names")]

mod access;
mod contract;
mod control;
mod environment;
mod formats;
mod hostile;
mod limits;
mod records;
mod redaction;
mod running;
mod spans;
mod support;
mod writer;
