//! Reads the process.

use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::stat;
use rustix::process::{Resource, getrlimit};

use super::Root;
use super::folder::KeptFolder;
use super::kept_file::KeptFile;
use super::parse::{Ticks, process_io, process_stat};
use super::threads::ThreadsReader;
use crate::Process;

#[derive(Debug)]
pub(super) struct ProcessReader {
    stat: KeptFile,
    io: KeptFile,
    threads: ThreadsReader,
    files: PathBuf,
    /// Used on kernels on which the folder has no size.
    listed_files: KeptFolder,
    ticks: Ticks,
    page_size: u64,
    start: Option<Duration>,
}

// === impl ProcessReader ===

impl ProcessReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            stat: root.file("proc/self/stat"),
            io: root.file("proc/self/io"),
            threads: ThreadsReader::new(root),
            files: root.path("proc/self/fd"),
            listed_files: KeptFolder::new(root.path("proc/self/fd")),
            ticks: root.ticks,
            page_size: root.page_size,
            start: None,
        }
    }

    pub(super) fn read(&mut self, process: &mut Process, buffer: &mut Vec<u8>) {
        let stat = self.stat.read(buffer);
        let stat = stat.map(|text| process_stat::parse(text, self.ticks));
        let stat = stat.unwrap_or_default();
        self.start = stat.start;
        process.user_time = stat.user_time;
        process.system_time = stat.system_time;
        process.threads = stat.threads;
        process.virtual_memory = stat.virtual_memory;
        process.resident = stat
            .resident_pages
            .and_then(|pages| pages.checked_mul(self.page_size));
        process.major_faults = stat.major_faults;
        process.minor_faults = stat.minor_faults;
        let bytes = self.io.read(buffer).map(process_io::parse);
        (process.read_bytes, process.written_bytes) = bytes.unwrap_or_default();
        let delay = self.threads.read(buffer);
        (process.run_delay, process.timeslices) = delay.unzip();
        process.open_files = self.open_files();
        // The kernel's word for no limit is the greatest number.
        process.open_files_limit = Some(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX));
    }

    /// Returns when the process was started, since the start of the host.
    pub(super) fn start_since_boot(&self) -> Option<Duration> {
        self.start
    }

    /// Returns the number of open file descriptors, by the size of their folder. Before Linux 6.2 it has none, and
    /// they are counted.
    fn open_files(&mut self) -> Option<u64> {
        let size = stat(&self.files).ok()?.st_size;
        if let Some(count) = u64::try_from(size).ok().filter(|count| *count > 0) {
            return Some(count);
        }
        let mut count = 0;
        self.listed_files.list(|_, _| {
            count += 1;
            true
        })?;
        Some(count)
    }
}
