//! Ready-made checks.

#[cfg(feature = "disk")]
mod disk_space;
#[cfg(feature = "http-check")]
mod http;
mod tcp;

#[cfg(feature = "disk")]
pub use disk_space::{DiskSpace, DiskUsage};
