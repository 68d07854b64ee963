//! Checks that many services need.

#[cfg(feature = "disk")]
mod disk;
#[cfg(feature = "http-check")]
mod http_get;
mod tcp;

#[cfg(feature = "disk")]
pub use disk::{Disk, DiskReport};
#[cfg(feature = "http-check")]
pub use http_get::http_get;
pub use tcp::tcp;
