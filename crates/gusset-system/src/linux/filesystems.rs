//! Reads the space of file systems.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::statvfs;

use super::Root;
use super::kept_file::{Records, read_all};
use super::parse::mountinfo::{self, Mount, decode};
use crate::{Filesystem, MAX_DEVICES, SharedStr};

/// The file systems that are asked for their space.
///
/// Those on other hosts (NFS, SMB, FUSE) are not: `statvfs` waits for the host, without end if it is away.
const LOCAL_KINDS: [&str; 14] = [
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3", "overlay",
    "tmpfs", "vfat", "xfs", "zfs",
];

/// Where file systems in memory are that no service writes to.
const OF_THE_SYSTEM: [&str; 3] = ["/dev", "/run", "/sys"];

#[derive(Debug)]
pub(super) struct FilesystemReader {
    root: Root,
    mounts: Option<File>,
    places: Option<Vec<Place>>,
}

/// Where a file system is mounted.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    filesystem: Filesystem,
}

// === impl FilesystemReader ===

impl FilesystemReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            mounts: None,
            places: None,
        }
    }

    pub(super) fn read(&mut self, filesystems: &mut Option<Vec<Filesystem>>, buffer: &mut Vec<u8>) {
        if self.places.is_none() || self.has_changed() {
            self.places = self.list(buffer);
        }
        let mut list = filesystems.take().unwrap_or_default();
        list.clear();
        *filesystems = self.places.as_ref().map(|places| {
            list.extend(places.iter().map(Place::read));
            list
        });
    }

    /// Returns whether anything was mounted or unmounted. The kernel reports it as an error of the file
    /// (`proc_pid_mounts(5)`), once.
    fn has_changed(&self) -> bool {
        let Some(mounts) = &self.mounts else {
            return true;
        };
        let mut polled = [PollFd::new(mounts, PollFlags::PRI)];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut polled, Some(&now)).is_err()
            || polled[0]
                .revents()
                .intersects(PollFlags::PRI | PollFlags::ERR)
    }

    fn list(&mut self, buffer: &mut Vec<u8>) -> Option<Vec<Place>> {
        if self.mounts.is_none() {
            self.mounts = File::open(self.root.path("proc/self/mountinfo")).ok();
        }
        let length = read_all(self.mounts.as_ref()?, Records::Many, buffer)?;
        let mut devices = BTreeSet::new();
        let mut places = Vec::new();
        for mount in mountinfo::parse(&buffer[..length]) {
            if places.len() >= MAX_DEVICES {
                break;
            }
            // A file system that is mounted twice, also in part, has its space once.
            if is_local(&mount) && devices.insert(mount.device_number) {
                places.push(Place::new(&mount, &self.root));
            }
        }
        Some(places)
    }
}

fn is_local(mount: &Mount<'_>) -> bool {
    let is_of_the_system = || {
        let path = decode(mount.mountpoint);
        let path = Path::new(std::ffi::OsStr::from_bytes(&path));
        OF_THE_SYSTEM.iter().any(|folder| path.starts_with(folder))
    };
    LOCAL_KINDS.iter().any(|kind| kind.as_bytes() == mount.kind) && !is_of_the_system()
}

// === impl Place ===

impl Place {
    fn new(mount: &Mount<'_>, root: &Root) -> Self {
        let text = |text: &[u8]| SharedStr::new(&String::from_utf8_lossy(&decode(text)));
        let mountpoint = decode(mount.mountpoint);
        Self {
            path: root.path(std::ffi::OsStr::from_bytes(&mountpoint)),
            filesystem: Filesystem {
                device: text(mount.source),
                mountpoint: text(mount.mountpoint),
                kind: text(mount.kind),
                read_only: Mount::has(mount.options, "ro"),
                ..Filesystem::default()
            },
        }
    }

    fn read(&self) -> Filesystem {
        let mut filesystem = self.filesystem.clone();
        if let Ok(space) = statvfs(&self.path) {
            let bytes = |blocks: u64| blocks.checked_mul(space.f_frsize);
            filesystem.size = bytes(space.f_blocks);
            filesystem.free = bytes(space.f_bfree);
            filesystem.available = bytes(space.f_bavail);
            filesystem.inodes = Some(space.f_files);
            filesystem.inodes_available = Some(space.f_favail);
        }
        filesystem
    }
}
