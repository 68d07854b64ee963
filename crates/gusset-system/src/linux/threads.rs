//! Reads the run-queue delay of all threads.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::Root;
use super::folder::{KeptFolder, open_below};
use super::kept_file::{Records, read_all};
use super::parse::schedstat;
use crate::MAX_THREADS;

/// Adds up what the kernel counts for each thread. `/proc/self/schedstat` is of the main thread alone.
///
/// What threads had counted when they were last read stays in the sums after their end.
#[derive(Debug)]
pub(super) struct ThreadsReader {
    folder: KeptFolder,
    /// In the order of their ids.
    threads: Vec<Thread>,
    /// Increased with each reading.
    reading: u64,
    delay: Duration,
    timeslices: u64,
}

#[derive(Debug)]
struct Thread {
    id: u32,
    /// Kept for the first threads, which are those of the runtime.
    file: Option<File>,
    delay: Duration,
    timeslices: u64,
    /// The last reading in which the thread was there.
    reading: u64,
}

/// The threads whose files stay open.
const MAX_KEPT_FILES: usize = 32;

// === impl ThreadsReader ===

impl ThreadsReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            folder: KeptFolder::new(root.path("proc/self/task")),
            threads: Vec::new(),
            reading: 0,
            delay: Duration::ZERO,
            timeslices: 0,
        }
    }

    /// Returns the sums of the run-queue delay and of the timeslices. `None` if a thread cannot be read, or if there
    /// are too many.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> Option<(Duration, u64)> {
        let Self {
            folder,
            threads,
            reading,
            delay,
            timeslices,
        } = self;
        *reading += 1;
        let (mut count, mut is_complete) = (0, true);
        folder.list(|folder, name| {
            let Some(id) = id(name) else { return true };
            count += 1;
            if count > MAX_THREADS {
                return false;
            }
            let at = match threads.binary_search_by_key(&id, |thread| thread.id) {
                Ok(at) => at,
                Err(at) => {
                    threads.insert(at, Thread::new(id));
                    at
                }
            };
            let keeps = at < MAX_KEPT_FILES;
            match threads[at].read(folder, keeps, buffer) {
                Some((new_delay, new_timeslices)) => {
                    threads[at].reading = *reading;
                    *delay = delay.saturating_add(new_delay);
                    *timeslices = timeslices.saturating_add(new_timeslices);
                }
                // A thread may end between the listing and the reading; a kernel without the file has none at all.
                None => is_complete &= count > 1,
            }
            true
        })?;
        threads.retain(|thread| thread.reading == *reading);
        (is_complete && count <= MAX_THREADS && count > 0).then_some((*delay, *timeslices))
    }
}

/// Returns the id of a thread.
fn id(name: &[u8]) -> Option<u32> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

// === impl Thread ===

impl Thread {
    fn new(id: u32) -> Self {
        Self {
            id,
            file: None,
            delay: Duration::ZERO,
            timeslices: 0,
            reading: 0,
        }
    }

    /// Returns what was added since the last reading.
    fn read(
        &mut self,
        folder: &OwnedFd,
        keeps: bool,
        buffer: &mut Vec<u8>,
    ) -> Option<(Duration, u64)> {
        let known = match &self.file {
            Some(file) => read_all(file, Records::One, buffer),
            None => None,
        };
        let length = match known {
            Some(length) if length > 0 => length,
            _ => {
                // A new thread, or one with the id of a thread that has ended.
                if self.file.take().is_some() {
                    (self.delay, self.timeslices) = (Duration::ZERO, 0);
                }
                let file = open(folder, self.id)?;
                let length = read_all(&file, Records::One, buffer)?;
                self.file = keeps.then_some(file);
                length
            }
        };
        let (delay, timeslices) = schedstat::parse(&buffer[..length])?;
        let added = (
            delay.saturating_sub(self.delay),
            timeslices.saturating_sub(self.timeslices),
        );
        (self.delay, self.timeslices) = (delay, timeslices);
        Some(added)
    }
}

/// Opens the file of a thread, by a path that is built without an allocation.
fn open(folder: &OwnedFd, id: u32) -> Option<File> {
    let mut path = [0; 32];
    let mut rest = &mut path[..];
    write!(rest, "{id}/schedstat").ok()?;
    let unused = rest.len();
    let length = path.len() - unused;
    open_below(folder, std::str::from_utf8(&path[..length]).ok()?)
}
