//! The thread that writes.

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::queue::{Batch, Next, Queue};
use crate::counters::PerLevel;

/// What the thread does beside writing.
pub(crate) trait Chores: Send + 'static {
    /// When there will be something to do.
    fn due(&self) -> Option<Instant>;
    /// Does what is due.
    fn run(&self);
    /// The line that tells of lost ones; empty where it cannot be told.
    fn lost(&self, lines: PerLevel) -> Vec<u8>;
}

/// Where lines go.
pub(crate) struct Writer<W, C> {
    pub(crate) out: W,
    pub(crate) chores: C,
    pub(crate) queue: Arc<Queue>,
    /// The last line was written in part.
    torn: bool,
}

// === impl Writer ===

impl<W: Write + Send + 'static, C: Chores> Writer<W, C> {
    pub(crate) fn new(out: W, chores: C, queue: Arc<Queue>) -> Self {
        Self {
            out,
            chores,
            queue,
            torn: false,
        }
    }

    /// Writes from now on, in a thread of its own.
    pub(crate) fn spawn(mut self) -> io::Result<()> {
        let thread = thread::Builder::new().name("gusset-log".to_owned());
        thread.spawn(move || self.run()).map(drop)
    }

    fn run(&mut self) {
        let mut batch = Batch::new(self.queue.limit);
        loop {
            match self.queue.next(&mut batch, self.chores.due()) {
                Next::Close => return,
                Next::Due => self.chores.run(),
                Next::Write => {
                    let written = self.write(&batch.bytes);
                    let lost = lost(&batch, written);
                    let clear = written == batch.bytes.len();
                    let told = self.queue.dealt_with(batch.lines.len(), lost, clear);
                    batch.clear();
                    if let Some(lines) = told {
                        let line = self.chores.lost(lines);
                        self.write(&line);
                    }
                }
            }
        }
    }

    /// How many of the bytes were written.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        // A writer that panics has failed, and may do better next time.
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            if self.torn {
                // The rest of a line was lost: what follows is a line of its own.
                match self.out.write(b"\n") {
                    Ok(1) => self.torn = false,
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
            // What a writer keeps to itself is not written.
            let _ = self.out.flush();
        }));
        if unwound.is_err() || written < bytes.len() {
            self.torn |= written > 0 && bytes[written - 1] != b'\n';
        }
        written.min(bytes.len())
    }
}

/// The lines that were not written whole, by their levels.
fn lost(batch: &Batch, written: usize) -> PerLevel {
    let mut lost = PerLevel::default();
    for (_, level) in batch.lines.iter().filter(|(end, _)| *end > written) {
        lost[usize::from(*level)] += 1;
    }
    lost
}

/// Lets a pipe empty that somebody made non-blocking.
fn pause() {
    let (_open, never): (Sender<()>, _) = channel();
    let waited: Result<(), RecvTimeoutError> = never.recv_timeout(Duration::from_millis(5));
    debug_assert!(waited.is_err());
}
