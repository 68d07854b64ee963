//! The reader of Linux.

mod cgroup;
mod filesystems;
mod folder;
mod host;
mod kept_file;
mod network;
mod parse;
mod process;
mod sessions;
mod threads;

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use gusset_core::Clock;
use rustix::param::{clock_ticks_per_second, page_size};

use self::cgroup::CgroupReader;
use self::filesystems::FilesystemReader;
use self::host::HostReader;
use self::kept_file::{KeptFile, Records};
use self::network::NetworkReader;
use self::parse::Ticks;
use self::process::ProcessReader;
use self::sessions::SessionReader;
use crate::{Snapshot, Source};

/// Reads the system from the files of the Linux kernel.
///
/// Files are opened once and stay open: at most [`MAX_OPEN_FILES`](Self::MAX_OPEN_FILES) descriptors. What cannot
/// be opened is `None`, and is tried again with every thirtieth reading.
///
/// Reading blocks the thread for some 0.1 ms, and never waits for a disk or a network: file systems on other hosts
/// are not asked for their space. After `fork`, a reader goes on to read the parent.
///
/// ```
/// use gusset_system::SystemReader;
///
/// let mut reader = SystemReader::new();
/// let snapshot = reader.snapshot();
/// assert!(snapshot.process.resident > Some(0));
/// assert!(snapshot.host.cpus >= Some(1));
/// ```
#[derive(Debug)]
pub struct SystemReader {
    host: HostReader,
    filesystems: FilesystemReader,
    sessions: SessionReader,
    cgroup: CgroupReader,
    network: NetworkReader,
    process: ProcessReader,
    origin: Instant,
    /// Shared by all files, one after the other.
    buffer: Vec<u8>,
}

/// Where the files are, and the units of the kernel.
#[derive(Clone, Debug)]
struct Root {
    folder: PathBuf,
    ticks: Ticks,
    page_size: u64,
}

// === impl SystemReader ===

impl SystemReader {
    /// The greatest number of file descriptors that a reader keeps open.
    pub const MAX_OPEN_FILES: usize = 128;

    /// Creates a reader of this system. Opens nothing yet.
    pub fn new() -> Self {
        Self::below("/")
    }

    /// Creates a reader of the files below a folder: `proc`, `sys/fs/cgroup` and `run` in it.
    ///
    /// For tests with the files of another system. The limit of file descriptors is that of this process
    /// nevertheless, because the kernel returns it without a file.
    pub fn below(folder: impl AsRef<Path>) -> Self {
        let root = Root {
            folder: folder.as_ref().to_owned(),
            ticks: Ticks(clock_ticks_per_second()),
            page_size: page_size() as u64,
        };
        Self {
            host: HostReader::new(&root),
            filesystems: FilesystemReader::new(&root),
            sessions: SessionReader::new(&root),
            cgroup: CgroupReader::new(&root),
            network: NetworkReader::new(&root),
            process: ProcessReader::new(&root),
            origin: Clock::system().now(),
            buffer: Vec::new(),
        }
    }

    /// Reads everything into a new snapshot.
    ///
    /// The time is that since the reader was created.
    pub fn snapshot(&mut self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.read(&mut snapshot);
        snapshot.taken_at = Some(SystemTime::now());
        snapshot.time = Clock::system().now().saturating_duration_since(self.origin);
        snapshot
    }
}

impl Default for SystemReader {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for SystemReader {
    /// Reads host, cgroup, network and process. The snapshot's lists are used again, so that reading into a
    /// snapshot of before does not allocate.
    fn read(&mut self, snapshot: &mut Snapshot) {
        let Self {
            host,
            filesystems,
            sessions,
            cgroup,
            network,
            process,
            origin: _,
            buffer,
        } = self;
        host.read(&mut snapshot.host, buffer);
        filesystems.read(&mut snapshot.host.filesystems, buffer);
        snapshot.host.sessions = sessions.read(buffer);
        cgroup.read(&mut snapshot.cgroup, buffer);
        network.read(&mut snapshot.network, buffer);
        process.read(&mut snapshot.process, buffer);
        let start = process.start_since_boot();
        let boot = snapshot.host.boot_time;
        snapshot.process.start_time = boot.zip(start).and_then(|(boot, it)| boot.checked_add(it));
    }
}

// === impl Root ===

impl Root {
    /// Returns the path of a file, which may be absolute: it is below the folder nevertheless.
    fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        let file = file.as_ref();
        self.folder.join(file.strip_prefix("/").unwrap_or(file))
    }

    /// Returns a file that the kernel writes as a whole.
    fn file(&self, file: impl AsRef<Path>) -> KeptFile {
        KeptFile::new(self.path(file), Records::One)
    }

    /// Returns a file that the kernel writes in records.
    fn records(&self, file: impl AsRef<Path>) -> KeptFile {
        KeptFile::new(self.path(file), Records::Many)
    }
}

/// Reads a list. A list that was read before lends its memory.
fn read_list<T>(
    list: &mut Option<Vec<T>>,
    text: Option<&[u8]>,
    parse: impl FnOnce(&[u8], &mut Vec<T>),
) {
    let mut items = list.take().unwrap_or_default();
    items.clear();
    *list = text.map(|text| {
        parse(text, &mut items);
        items
    });
}
