//! Real conditions, each made by its test, and named by the diagnosis.
//!
//! The tests run one after the other, because they read the CPU time and the descriptors of their process. What other
//! programs do to the host at the same time is not an error: findings with the scope of the host are ignored.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod calls;
mod cpu;
mod dependencies;
mod disk;
mod files;
mod inside;
mod memory;
mod ports;
mod quiet;
mod readings;
mod server;
