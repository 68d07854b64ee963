//! The script, its beacons, and what becomes of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod accepted;
mod hostile;
mod script;
mod settings;
mod spans;
mod support;
