//! Ready-made checks.

#[cfg(feature = "certificates")]
mod certificates;
#[cfg(feature = "disk")]
mod disk_space;
#[cfg(feature = "http-check")]
mod http;
mod tcp;

#[cfg(feature = "certificates")]
pub use certificates::CertificateFile;
#[cfg(feature = "disk")]
pub use disk_space::{DiskSpace, DiskUsage};
