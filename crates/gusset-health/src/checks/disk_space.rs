//! A check of the free space of a file system.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Check, CheckResult};

const MIB: u64 = 1 << 20;

/// The free space of the file system that holds a path.
///
/// Degraded below 5 % of free space, down below 3 % or below 100 MiB. A full disk is rarely a reason
/// to stop traffic, so add it with [`health_check`](crate::HealthBuilder::health_check).
///
/// ```
/// use gusset_health::{DiskSpace, Health};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let disk = DiskSpace::new("/").down_below_bytes(1 << 30);
/// let health = Health::builder().health_check(disk.check("disk")).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "does nothing until `check` turns it into a check"]
pub struct DiskSpace {
    path: PathBuf,
    degraded_ratio: f64,
    down_ratio: f64,
    min_free_bytes: u64,
}

/// The space of a file system, as seen by processes without privileges.
///
/// ```
/// use gusset_health::{DiskSpace, DiskUsage, Status};
///
/// let disk = DiskSpace::new("/data");
/// let status = |free_bytes, total_bytes| {
///     disk.evaluate(DiskUsage { free_bytes, total_bytes }).status()
/// };
/// assert_eq!(status(600 << 30, 1000 << 30), Status::Up);
/// assert_eq!(status(40 << 30, 1000 << 30), Status::Degraded);
/// assert_eq!(status(20 << 30, 1000 << 30), Status::Down);
/// assert_eq!(status(99 << 20, 1 << 30), Status::Down);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "two numbers that tests construct"
)]
pub struct DiskUsage {
    /// The available bytes.
    pub free_bytes: u64,
    /// The size in bytes.
    pub total_bytes: u64,
}

// === impl DiskSpace ===

impl DiskSpace {
    /// Creates a check of the file system that holds `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            degraded_ratio: 0.05,
            down_ratio: 0.03,
            min_free_bytes: 100 * MIB,
        }
    }

    /// Sets the ratio of free space below which the status is degraded. Defaults to 0.05.
    pub fn degraded_below(mut self, ratio: f64) -> Self {
        self.degraded_ratio = ratio;
        self
    }

    /// Sets the ratio of free space below which the status is down. Defaults to 0.03.
    pub fn down_below(mut self, ratio: f64) -> Self {
        self.down_ratio = ratio;
        self
    }

    /// Sets the free bytes below which the status is down, whatever the ratio. Defaults to 100 MiB.
    pub fn down_below_bytes(mut self, bytes: u64) -> Self {
        self.min_free_bytes = bytes;
        self
    }

    /// Creates the check.
    ///
    /// The system call may hang and cannot be cancelled. So it runs on a thread for blocking calls,
    /// one call at a time.
    pub fn check(self, name: impl Into<Cow<'static, str>>) -> Check {
        let is_running = Arc::new(AtomicBool::new(false));
        Check::new(name, move || {
            let (this, is_running) = (self.clone(), is_running.clone());
            async move {
                if is_running.swap(true, Ordering::AcqRel) {
                    return CheckResult::down("the previous query of the file system still runs");
                }
                let query = tokio::task::spawn_blocking(move || {
                    let result = this.query();
                    is_running.store(false, Ordering::Release);
                    result
                });
                let result = query.await;
                result.unwrap_or_else(|error| CheckResult::down(error.to_string()))
            }
        })
    }

    /// Returns the result for this usage.
    pub fn evaluate(&self, usage: DiskUsage) -> CheckResult {
        let DiskUsage {
            free_bytes,
            total_bytes,
        } = usage;
        let ratio = free_bytes as f64 / total_bytes.max(1) as f64;
        let message = format!("{} of {} MiB free", free_bytes / MIB, total_bytes / MIB);
        if ratio < self.down_ratio || free_bytes < self.min_free_bytes {
            CheckResult::down(message)
        } else if ratio < self.degraded_ratio {
            CheckResult::degraded(message)
        } else {
            CheckResult::up().with_message(message)
        }
    }

    fn query(&self) -> CheckResult {
        match rustix::fs::statvfs(&self.path) {
            Ok(stat) => self.evaluate(DiskUsage {
                free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
                total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            }),
            Err(error) => CheckResult::down(error.to_string()),
        }
    }
}
