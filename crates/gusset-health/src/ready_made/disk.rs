//! Whether a disk has room.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Check, Report};

const MIB: u64 = 1 << 20;

/// Room on the file system that holds a path: degraded below 5 percent, down below 3 percent or
/// 100 MiB, unless set otherwise.
///
/// A full disk is seldom a reason to take no traffic, so its place is `inform`.
///
/// ```
/// use gusset_health::{Disk, Health};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let disk = Disk::new("/").down_below_bytes(1 << 30);
/// let health = Health::builder().inform(disk.check("disk")).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it becomes a check by `check`"]
pub struct Disk {
    path: PathBuf,
    warn: f64,
    down: f64,
    least: u64,
}

/// What was found of a disk: `free` of `all` bytes, free to those without privileges.
///
/// ```
/// use gusset_health::{Disk, DiskReport, Status};
///
/// let disk = Disk::new("/data");
/// let found = |free, all| disk.judge(DiskReport { free, all }).status();
/// assert_eq!(found(600 << 30, 1000 << 30), Status::Up);
/// assert_eq!(found(40 << 30, 1000 << 30), Status::Degraded);
/// assert_eq!(found(20 << 30, 1000 << 30), Status::Down);
/// assert_eq!(found(99 << 20, 1 << 30), Status::Down);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "two numbers, given by hand in tests"
)]
pub struct DiskReport {
    /// Bytes that can be had.
    pub free: u64,
    /// Bytes in all.
    pub all: u64,
}

// === impl Disk ===

impl Disk {
    /// The file system that holds `path`: the deepest that is mounted there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            warn: 0.05,
            down: 0.03,
            least: 100 * MIB,
        }
    }

    /// Sets below what share of free bytes it is degraded.
    pub fn degraded_below(mut self, share: f64) -> Self {
        self.warn = share;
        self
    }

    /// Sets below what share of free bytes it is down.
    pub fn down_below(mut self, share: f64) -> Self {
        self.down = share;
        self
    }

    /// Sets below how many free bytes it is down, whatever the share.
    pub fn down_below_bytes(mut self, bytes: u64) -> Self {
        self.least = bytes;
        self
    }

    /// The check. A file system may hang, so it is asked on a thread for blocking calls: one at a
    /// time, for such a call cannot be dropped.
    pub fn check(self, name: impl Into<Cow<'static, str>>) -> Check {
        let asking = Arc::new(AtomicBool::new(false));
        Check::new(name, move || {
            let (this, asking) = (self.clone(), asking.clone());
            async move {
                if asking.swap(true, Ordering::AcqRel) {
                    return Report::down("the file system has not answered the last question");
                }
                let asked = tokio::task::spawn_blocking(move || {
                    let found = this.ask();
                    asking.store(false, Ordering::Release);
                    found
                });
                let asked = asked.await;
                asked.unwrap_or_else(|error| Report::down(error.to_string()))
            }
        })
    }

    /// What is said of that much room.
    pub fn judge(&self, DiskReport { free, all }: DiskReport) -> Report {
        let share = free as f64 / all.max(1) as f64;
        let told = format!("{} of {} MiB free", free / MIB, all / MIB);
        if share < self.down || free < self.least {
            Report::down(told)
        } else if share < self.warn {
            Report::degraded(told)
        } else {
            Report::up().with_message(told)
        }
    }

    fn ask(&self) -> Report {
        match rustix::fs::statvfs(&self.path) {
            Ok(found) => self.judge(DiskReport {
                free: found.f_bavail.saturating_mul(found.f_frsize),
                all: found.f_blocks.saturating_mul(found.f_frsize),
            }),
            Err(error) => Report::down(error.to_string()),
        }
    }
}
