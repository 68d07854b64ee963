//! The script, its beacons, and their outcomes.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod accepted;
mod hostile;
mod script;
mod settings;
mod spans;
mod support;
