//! What waits to be written.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::Clock;
use tracing::Level;

use crate::counters::{Counters, PerLevel, Reason, place};

/// Lines that wait to be written: so many bytes and no more.
///
/// A lock, held for as long as it takes to copy a line or to swap two vectors, and never while
/// anything is formatted or written.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// The thread that writes waits here.
    more: Condvar,
    /// Whoever wants to know that all is written waits here.
    done: Condvar,
    /// Bytes that may wait.
    pub(crate) limit: usize,
    pub(crate) counters: Counters,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    /// Lines lost since that was last told.
    lost: PerLevel,
    /// Lines ever taken, and lines ever dealt with.
    taken: u64,
    dealt_with: u64,
    /// The thread waits, and somebody has to wake it.
    asleep: bool,
    /// Somebody waits for the lines: no lingering.
    hurry: bool,
    closed: bool,
}

/// Lines that are written at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    /// Where each line ends, and its level.
    pub(crate) lines: Vec<(usize, u8)>,
}

/// What the thread is to do.
#[derive(Debug)]
pub(crate) enum Next {
    Write,
    /// The time it asked to be woken at has come.
    Due,
    Close,
}

/// How long the thread lets lines gather before it writes them: it is woken, and a system call made,
/// no oftener than that.
const LINGER: Duration = Duration::from_millis(2);

// === impl Queue ===

impl Queue {
    pub(crate) fn new(limit: usize, counters: Counters) -> Self {
        Self {
            state: Mutex::new(State {
                batch: Batch::new(limit),
                ..State::default()
            }),
            more: Condvar::new(),
            done: Condvar::new(),
            limit,
            counters,
        }
    }

    /// Takes a line, or counts it as lost.
    #[inline]
    pub(crate) fn push(&self, level: Level, line: &[u8]) {
        let place = place(level);
        let mut state = self.lock();
        let end = state.batch.bytes.len() + line.len();
        if end > self.limit {
            state.lost[place] += 1;
            drop(state);
            self.counters.dropped(place, Reason::Full, 1);
            return;
        }
        state.batch.bytes.extend_from_slice(line);
        state.batch.lines.push((end, place as u8));
        state.taken += 1;
        let wake = mem::take(&mut state.asleep);
        drop(state);
        self.counters.line(level);
        if wake {
            self.more.notify_one();
        }
    }

    /// Waits until there is something to do. What is there to be written is swapped into `batch`, which
    /// was empty.
    pub(crate) fn next(&self, batch: &mut Batch, due: Option<Instant>) -> Next {
        let mut state = self.lock();
        while state.batch.lines.is_empty() && !state.closed {
            let left = due.map(|due| due.saturating_duration_since(Clock::system().now()));
            if left == Some(Duration::ZERO) {
                return Next::Due;
            }
            state.asleep = true;
            state = match left {
                Some(left) => wait(&self.more, state, left),
                None => self
                    .more
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
            state.asleep = false;
        }
        if state.batch.lines.is_empty() {
            return Next::Close;
        }
        if !state.hurry && !state.closed && state.batch.bytes.len() < self.limit / 4 {
            state = wait(&self.more, state, LINGER);
        }
        mem::swap(&mut state.batch, batch);
        Next::Write
    }

    /// Tells that a batch was dealt with, of which these lines were lost. Gives the lines that were lost
    /// since that was last asked, if the way is clear to tell it.
    pub(crate) fn dealt_with(&self, lines: usize, lost: PerLevel, clear: bool) -> Option<PerLevel> {
        for (place, lines) in lost.into_iter().enumerate().filter(|(_, lines)| *lines > 0) {
            self.counters.dropped(place, Reason::Failed, lines);
        }
        let mut state = self.lock();
        for (sum, lines) in state.lost.iter_mut().zip(lost) {
            *sum += lines;
        }
        state.dealt_with += lines as u64;
        if state.dealt_with == state.taken {
            state.hurry = false;
        }
        let told = (clear && state.lost != PerLevel::default()).then(|| mem::take(&mut state.lost));
        drop(state);
        self.done.notify_all();
        told
    }

    /// Waits until all lines that are here now are dealt with, but no longer than that.
    pub(crate) fn flush(&self, deadline: Duration) -> bool {
        let clock = Clock::system();
        let end = clock.now() + deadline;
        let mut state = self.lock();
        let wanted = state.taken;
        while state.dealt_with < wanted {
            state.hurry = true;
            self.more.notify_one();
            let left = end.saturating_duration_since(clock.now());
            if left.is_zero() {
                return false;
            }
            state = wait(&self.done, state, left);
        }
        true
    }

    /// Lets the thread look at when it is to be woken.
    pub(crate) fn nudge(&self) {
        self.lock().asleep = false;
        self.more.notify_one();
    }

    /// Lets the thread end when all is written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.more.notify_one();
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock leaves half of it undone.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// A burst does not keep more memory for ever.
    const KEPT: usize = 1 << 20;

    /// With room for all that may wait, so that nobody who logs waits until it has grown. What is never
    /// filled takes no more than addresses.
    pub(crate) fn new(limit: usize) -> Self {
        let room = limit.min(Self::KEPT);
        Self {
            bytes: Vec::with_capacity(room),
            lines: Vec::with_capacity(room / 256),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.lines.clear();
        self.bytes.shrink_to(Self::KEPT);
        self.lines.shrink_to(Self::KEPT / 256);
    }
}
