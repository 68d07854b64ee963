//! The readings of other systems, by their files, and of this one, beside what other programs read.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod sampler;
mod sources;

#[cfg(all(target_os = "linux", feature = "reader"))]
mod linux;
