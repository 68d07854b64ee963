//! The file that survives the process.
//!
//! ```text
//! header a │ header b │ active calls … │ ring of entries …        each slot has 256 bytes
//! ```
//!
//! Slots are written in place with one `write` each, without `fsync`: the pages are the kernel's, so they survive the end of
//! the process. A slot has a checksum over its sequence number, time, kind and text. The header is written alternately
//! to two slots, so a torn one leaves the other.

mod builder;
mod header;
mod interrupted;
mod previous;
mod slot;

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use self::builder::BlackBoxBuilder;
pub(crate) use self::builder::file_name;
pub use self::header::RunEnd;
use self::header::{HEADER_SLOTS, Header};
pub use self::interrupted::InterruptedCall;
pub use self::previous::{PreviousRun, previous_runs};
pub(crate) use self::slot::MAX_TEXT;
pub use self::slot::{Entry, EntryKind};
use self::slot::{SLOT_SIZE, Slot};
use crate::call::ActiveCall;

/// The file of this run.
///
/// Every method may be called from any thread. A write costs a system call, some two microseconds, so it is for what
/// is rare: a [`BlackBoxWriter`](crate::BlackBoxWriter) calls it once a second for calls, and log records of `WARN` and above are
/// written when they happen. A write that fails is counted, and the first one is reported on standard error.
///
/// ```
/// use std::time::SystemTime;
///
/// use gusset_incident::{BlackBox, EntryKind};
///
/// # fn main() -> std::io::Result<()> {
/// # let directory = tempfile::tempdir()?;
/// let file = BlackBox::builder("shop").create(directory.path())?;
/// file.write(EntryKind::Change, SystemTime::now(), "breaker stock: open");
/// assert_eq!(file.failed_writes(), 0);
/// file.end(gusset_incident::RunEnd::Clean);
/// # Ok(())
/// # }
/// ```
pub struct BlackBox {
    file: File,
    path: PathBuf,
    header: Mutex<Header>,
    /// The calls as they are in the file, by slot.
    active: Mutex<Vec<Option<ActiveCall>>>,
    /// The sequence number of the next entry, from one.
    next: AtomicU64,
    active_slots: u64,
    ring_slots: u64,
    failed_writes: AtomicU64,
    is_reported: AtomicBool,
}

// === impl BlackBox ===

impl BlackBox {
    /// Returns a builder for the file of a service.
    pub fn builder(service: impl Into<String>) -> BlackBoxBuilder {
        BlackBoxBuilder::new(service.into())
    }

    fn new(file: File, path: PathBuf, header: Header) -> Self {
        let created = Self {
            file,
            path,
            active_slots: u64::from(header.active_slots),
            ring_slots: u64::from(header.ring_slots),
            active: Mutex::new(vec![None; usize::from(header.active_slots)]),
            header: Mutex::new(header),
            next: AtomicU64::new(1),
            failed_writes: AtomicU64::new(0),
            is_reported: AtomicBool::new(false),
        };
        created.change_header(|_| {});
        created
    }

    /// Writes an entry in place of the oldest one. A text of more than 234 bytes is cut.
    pub fn write(&self, kind: EntryKind, time: SystemTime, text: &str) {
        let sequence = self.next.fetch_add(1, Relaxed);
        let index = HEADER_SLOTS + self.active_slots + (sequence - 1) % self.ring_slots;
        self.write_slot(index, &Slot::encode(sequence, time, kind, text));
    }

    /// Writes the calls that are under way, as many as there are slots. A call that is in the file already is not written
    /// again.
    pub fn write_active(&self, calls: &[ActiveCall]) {
        let mut slots = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let before = slots.clone();
        let mut new = calls[..calls.len().min(slots.len())].to_vec();
        for slot in slots.iter_mut() {
            // Each call once, because calls without a span may be equal.
            slot.take_if(|call| match new.iter().position(|it| it == call) {
                Some(at) => {
                    new.swap_remove(at);
                    false
                }
                None => true,
            });
        }
        let free = slots.iter_mut().filter(|slot| slot.is_none());
        for (slot, call) in std::iter::zip(free, new) {
            *slot = Some(call);
        }
        for (at, (before, call)) in std::iter::zip(&before, slots.iter()).enumerate() {
            if before != call {
                let slot = call.map_or(Slot::EMPTY, |call| {
                    Slot::encode(1, call.started, EntryKind::Active, &call.to_line())
                });
                self.write_slot(HEADER_SLOTS + at as u64, &slot);
            }
        }
    }

    /// Marks how the run has ended. A file without the mark is that of a run that ended uncleanly.
    pub fn end(&self, end: RunEnd) {
        self.change_header(|header| header.end = Some(end));
    }

    /// Marks how the run has ended, unless another thread marks it at the same time. For a panic hook, which takes no lock.
    pub(crate) fn try_end(&self, end: RunEnd) {
        if let Ok(header) = self.header.try_lock() {
            self.write_header(header, |header| header.end = Some(end));
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of writes that have failed: the disk is full, or the file system is read-only.
    pub fn failed_writes(&self) -> u64 {
        self.failed_writes.load(Relaxed)
    }

    /// Writes the header to the slot that has the older one.
    fn change_header(&self, change: impl FnOnce(&mut Header)) {
        let header = self.header.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_header(header, change);
    }

    fn write_header(&self, mut header: MutexGuard<'_, Header>, change: impl FnOnce(&mut Header)) {
        change(&mut header);
        header.version += 1;
        let text = header.to_line();
        let slot = Slot::encode(header.version, header.started, EntryKind::Header, &text);
        self.write_slot(header.version % HEADER_SLOTS, &slot);
    }

    fn write_slot(&self, index: u64, slot: &Slot) {
        let Err(error) = self
            .file
            .write_all_at(slot.as_bytes(), index * SLOT_SIZE as u64)
        else {
            return;
        };
        self.failed_writes.fetch_add(1, Relaxed);
        if !self.is_reported.swap(true, Relaxed) {
            let path = self.path.display();
            eprintln!("gusset: {path}: {error}; what the service does last is not in a file");
        }
    }
}

impl fmt::Debug for BlackBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlackBox")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
