//! The thread that writes entries.

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::queue::{Batch, Next, Queue};
use crate::level::PerLevel;

/// The tasks that the thread runs besides writing.
pub(crate) trait BackgroundTasks: Send + 'static {
    fn next_run(&self) -> Option<Instant>;
    fn run(&self);
    /// Returns the entry that reports dropped entries; empty if the format has none.
    fn drop_report(&self, dropped: PerLevel) -> Vec<u8>;
}

pub(crate) struct Writer<W, T> {
    out: W,
    tasks: T,
    queue: Arc<Queue>,
    /// Whether the last entry was written in part.
    has_partial_entry: bool,
}

/// How much is written at a time: what a pipe holds. A write to a pipe returns when all is written, and a
/// shutdown counts the entries that are not.
const MAX_WRITE_BYTES: usize = 64 << 10;

/// How long to wait for a non-blocking output that is full.
const WOULD_BLOCK_DELAY: Duration = Duration::from_millis(5);

// === impl Writer ===

impl<W: Write + Send + 'static, T: BackgroundTasks> Writer<W, T> {
    pub(crate) fn new(out: W, tasks: T, queue: Arc<Queue>) -> Self {
        Self {
            out,
            tasks,
            queue,
            has_partial_entry: false,
        }
    }

    pub(crate) fn spawn(mut self) -> io::Result<()> {
        let thread = thread::Builder::new().name("gusset-log".to_owned());
        thread.spawn(move || self.run()).map(drop)
    }

    fn run(&mut self) {
        let mut batch = Batch::new(self.queue.max_bytes);
        loop {
            match self.queue.next(&mut batch, self.tasks.next_run()) {
                Next::Close => return,
                // A changed filter calls the other layers of the subscriber, which are user code. A panic
                // would end the log.
                Next::Run => drop(catch_unwind(AssertUnwindSafe(|| self.tasks.run()))),
                Next::Write => {
                    let written = self.write_batch(&batch);
                    let dropped = dropped(&batch, written);
                    let is_complete = written == batch.bytes.len();
                    let entries = batch.entries.len();
                    let report = self.queue.complete(entries, dropped, is_complete);
                    batch.clear();
                    if let Some(dropped) = report {
                        let entry = self.tasks.drop_report(dropped);
                        self.write(&entry);
                    }
                }
            }
        }
    }

    /// Writes the entries of a batch. Returns the number of bytes that were written.
    fn write_batch(&mut self, batch: &Batch) -> usize {
        let mut written = 0;
        while let Some(end) = batch.chunk_end(written, MAX_WRITE_BYTES) {
            let chunk = &batch.bytes[written..end];
            let len = self.write(chunk);
            written += len;
            self.queue.set_progress(batch.entries_until(written));
            if len < chunk.len() {
                break;
            }
        }
        written
    }

    /// Writes to the output. Returns the number of bytes that were written.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        // A panic of the output counts as a failure. The next batch is written again.
        let result = catch_unwind(AssertUnwindSafe(|| {
            if self.has_partial_entry {
                // The rest of the last entry was dropped, so the next one starts a new line.
                match self.out.write(b"\n") {
                    Ok(1) => self.has_partial_entry = false,
                    _ => return,
                }
            }
            while written < bytes.len() {
                match self.out.write(&bytes[written..]) {
                    Ok(0) => return,
                    Ok(more) => written += more,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => pause(),
                    Err(_) => return,
                }
            }
            // A buffering output has not written before it is flushed.
            let _ = self.out.flush();
        }));
        if result.is_err() || written < bytes.len() {
            self.has_partial_entry |= written > 0 && bytes[written - 1] != b'\n';
        }
        written.min(bytes.len())
    }
}

/// Counts the entries that were not written completely.
fn dropped(batch: &Batch, written: usize) -> PerLevel {
    let mut dropped = PerLevel::default();
    for (_, level) in batch.entries.iter().filter(|(end, _)| *end > written) {
        dropped[usize::from(*level)] += 1;
    }
    dropped
}

/// Waits for a reader, if standard output is a non-blocking pipe.
fn pause() {
    let (_open, never): (Sender<()>, _) = channel();
    let waited: Result<(), RecvTimeoutError> = never.recv_timeout(WOULD_BLOCK_DELAY);
    debug_assert!(waited.is_err());
}
