//! Disks and file systems.

use std::time::Duration;

use gusset_data::SharedStr;

/// The operations of one disk. Partitions, RAM disks and loop devices are left out.
///
/// Source: `/proc/diskstats` (the kernel's `Documentation/admin-guide/iostats.rst`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Disk {
    /// The name of the device, for example `sda` or `nvme0n1`.
    pub name: SharedStr,
    /// Completed reads.
    pub reads: Option<u64>,
    /// Completed writes.
    pub writes: Option<u64>,
    /// Bytes read.
    pub read_bytes: Option<u64>,
    /// Bytes written.
    pub written_bytes: Option<u64>,
    /// The sum of the time that each read took.
    pub read_time: Option<Duration>,
    /// The sum of the time that each write took.
    pub write_time: Option<Duration>,
    /// The operations in progress.
    pub in_progress: Option<u64>,
    /// The time in which there was any operation.
    pub busy: Option<Duration>,
    /// The time of all operations in progress together: its rate is the mean length of the queue.
    pub weighted: Option<Duration>,
}

/// The space of one file system.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Filesystem {
    /// The device, for example `/dev/sda1`.
    pub device: SharedStr,
    /// Where it is mounted.
    pub mountpoint: SharedStr,
    /// The kind, for example `ext4`.
    pub kind: SharedStr,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// All bytes.
    pub size: Option<u64>,
    /// The bytes that nothing uses, also those reserved for the superuser.
    pub free: Option<u64>,
    /// The bytes that a process without privileges can use.
    pub available: Option<u64>,
    /// All inodes. 0 on file systems that have no fixed number, for example btrfs.
    pub inodes: Option<u64>,
    /// The inodes that a process without privileges can use.
    pub inodes_available: Option<u64>,
}

// === impl Filesystem ===

impl Filesystem {
    /// Returns the share of bytes that a process without privileges can use, of those that it could ever use, from 0 to 1.
    ///
    /// As `df`: space that is reserved for the superuser does not count.
    pub fn available_share(&self) -> Option<f64> {
        let available = self.available?;
        let used = self.size?.checked_sub(self.free?)?;
        share(available, used.checked_add(available)?)
    }

    /// Returns the share of inodes that can be used, from 0 to 1. `None` if there is no fixed number.
    pub fn inodes_available_share(&self) -> Option<f64> {
        share(self.inodes_available?, self.inodes?)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of 2⁵³ bytes is exact enough"
)]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
