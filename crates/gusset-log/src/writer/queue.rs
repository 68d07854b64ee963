//! The entries that wait to be written.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::Clock;
use tracing::Level;

use crate::counters::{Counters, DropReason};
use crate::level::{PerLevel, level_index};
use crate::sync::lock;

/// A bounded queue of the entries that wait to be written.
///
/// Its lock is held while an entry is copied or two vectors are swapped, and never while anything is
/// formatted or written.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// The writer's thread waits here.
    work: Condvar,
    /// Flushes wait here.
    done: Condvar,
    /// The entries of the batch being written that are written.
    progress: AtomicU64,
    pub(crate) max_bytes: usize,
    pub(crate) counters: Counters,
    /// The process that started the writer's thread. A child that is forked later has no such thread.
    process_id: u32,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    /// Dropped entries that were not reported.
    dropped: PerLevel,
    /// All dropped entries.
    all_dropped: u64,
    accepted: u64,
    /// Entries written or dropped after they were accepted.
    completed: u64,
    /// The thread waits and has to be woken.
    is_waiting: bool,
    /// A flush waits, so the thread does not delay the batch.
    flush_requested: bool,
    is_closed: bool,
    /// The time of the next run has changed.
    is_rescheduled: bool,
}

#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// The end of each entry in `bytes`, and the index of its level.
    pub(super) entries: Vec<(usize, u8)>,
}

pub(super) enum Next {
    Write,
    Run,
    Close,
}

/// How long the thread collects entries before it writes them. It limits wake-ups and system calls to
/// 500 a second.
const BATCH_DELAY: Duration = Duration::from_millis(2);

/// How long one wait for a deadline lasts that never comes.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// The usual size of an entry, for the capacity of the list of entries.
const ENTRY_BYTES: usize = 256;

// === impl Queue ===

impl Queue {
    pub(crate) fn new(max_bytes: usize, counters: Counters) -> Self {
        Self {
            state: Mutex::new(State {
                batch: Batch::new(max_bytes),
                ..State::default()
            }),
            work: Condvar::new(),
            done: Condvar::new(),
            progress: AtomicU64::new(0),
            max_bytes,
            counters,
            process_id: std::process::id(),
        }
    }

    /// Appends an entry, or counts it as dropped if the queue is full.
    #[inline]
    pub(crate) fn push(&self, level: Level, entry: &[u8]) {
        let index = level_index(level);
        let mut state = lock(&self.state);
        let end = state.batch.bytes.len() + entry.len();
        if end > self.max_bytes {
            state.dropped[index] += 1;
            state.all_dropped += 1;
            drop(state);
            self.counters.dropped(index, DropReason::QueueFull, 1);
            return;
        }
        state.batch.bytes.extend_from_slice(entry);
        state.batch.entries.push((end, index as u8));
        state.accepted += 1;
        let wake = mem::take(&mut state.is_waiting);
        drop(state);
        self.counters.entry(level);
        if wake {
            self.work.notify_one();
        }
    }

    /// Waits for the next step. Entries are swapped into `batch`, which must be empty.
    pub(super) fn next(&self, batch: &mut Batch, next_run: Option<Instant>) -> Next {
        let mut state = lock(&self.state);
        while state.batch.entries.is_empty() && !state.is_closed {
            let left =
                next_run.map(|next_run| next_run.saturating_duration_since(Clock::system().now()));
            if mem::take(&mut state.is_rescheduled) || left == Some(Duration::ZERO) {
                return Next::Run;
            }
            state.is_waiting = true;
            state = match left {
                Some(left) => wait(&self.work, state, left),
                None => self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
            state.is_waiting = false;
        }
        if state.batch.entries.is_empty() {
            return Next::Close;
        }
        if !state.flush_requested
            && !state.is_closed
            && state.batch.bytes.len() < self.max_bytes / 4
        {
            state = wait(&self.work, state, BATCH_DELAY);
        }
        mem::swap(&mut state.batch, batch);
        Next::Write
    }

    /// Completes a batch of which some entries were dropped.
    ///
    /// Returns the entries dropped since the last report if `can_report`.
    pub(super) fn complete(
        &self,
        entries: usize,
        dropped: PerLevel,
        can_report: bool,
    ) -> Option<PerLevel> {
        for (index, entries) in dropped.into_iter().enumerate() {
            if entries > 0 {
                let reason = DropReason::WriteFailed;
                self.counters.dropped(index, reason, entries);
            }
        }
        let mut state = lock(&self.state);
        for (sum, entries) in state.dropped.iter_mut().zip(dropped) {
            *sum += entries;
        }
        state.all_dropped += dropped.iter().sum::<u64>();
        state.completed += entries as u64;
        self.progress.store(0, Ordering::Relaxed);
        if state.completed == state.accepted {
            state.flush_requested = false;
        }
        let report = (can_report && state.dropped != PerLevel::default())
            .then(|| mem::take(&mut state.dropped));
        drop(state);
        self.done.notify_all();
        report
    }

    /// Sets how many entries of the batch being written are written.
    pub(super) fn set_progress(&self, entries: usize) {
        self.progress.store(entries as u64, Ordering::Relaxed);
    }

    /// Returns the number of entries that were dropped or are not written yet.
    pub(crate) fn not_written(&self) -> u64 {
        let state = lock(&self.state);
        // It is reset under the lock, together with `completed`.
        let progress = self.progress.load(Ordering::Relaxed);
        let pending = state.accepted - state.completed;
        pending.saturating_sub(progress) + state.all_dropped
    }

    /// Lets the thread write what it has, without waiting for more or for the result.
    pub(crate) fn request_flush(&self) {
        let mut state = lock(&self.state);
        if state.completed < state.accepted {
            state.flush_requested = true;
            self.work.notify_one();
        }
    }

    /// Waits until the entries accepted so far are complete. Returns `false` after the deadline, and at
    /// once in a forked child.
    pub(crate) fn flush(&self, deadline: Duration) -> bool {
        if self.process_id != std::process::id() {
            return false;
        }
        let clock = Clock::system();
        // A deadline beyond the range of the clock never comes.
        let end = clock.now().checked_add(deadline);
        let mut state = lock(&self.state);
        let target = state.accepted;
        while state.completed < target {
            state.flush_requested = true;
            self.work.notify_one();
            let left = end.map_or(MAX_WAIT, |end| end.saturating_duration_since(clock.now()));
            if left.is_zero() {
                return false;
            }
            state = wait(&self.done, state, left);
        }
        true
    }

    /// Wakes the thread, so that it reads the time of its next task again.
    pub(crate) fn wake(&self) {
        lock(&self.state).is_rescheduled = true;
        self.work.notify_one();
    }

    /// Ends the thread when all entries are written.
    pub(crate) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.work.notify_one();
    }
}

fn wait<'a>(at: &Condvar, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
    match at.wait_timeout(state, time) {
        Ok((state, _)) => state,
        Err(poisoned) => poisoned.into_inner().0,
    }
}

// === impl Batch ===

impl Batch {
    /// A burst of entries does not retain more memory.
    const MAX_RETAINED_BYTES: usize = 1 << 20;

    /// Creates a batch with the full capacity, so that no `push` has to wait while it grows. Pages that
    /// are never written take address space only.
    pub(super) fn new(max_bytes: usize) -> Self {
        let capacity = max_bytes.min(Self::MAX_RETAINED_BYTES);
        Self {
            bytes: Vec::with_capacity(capacity),
            entries: Vec::with_capacity(capacity / ENTRY_BYTES),
        }
    }

    /// Returns the end of the entries after `start` that have at most `max_bytes`, or of one entry.
    pub(super) fn chunk_end(&self, start: usize, max_bytes: usize) -> Option<usize> {
        let rest = &self.entries[self.entries_until(start)..];
        let fits = rest.partition_point(|(end, _)| *end <= start + max_bytes);
        let (end, _) = rest.get(fits.saturating_sub(1))?;
        Some(*end)
    }

    /// Returns the number of entries in the first `bytes`.
    pub(super) fn entries_until(&self, bytes: usize) -> usize {
        self.entries.partition_point(|(end, _)| *end <= bytes)
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.bytes.shrink_to(Self::MAX_RETAINED_BYTES);
        self.entries
            .shrink_to(Self::MAX_RETAINED_BYTES / ENTRY_BYTES);
    }
}
