//! What all observers of a recorder share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use gusset_core::{SpanIds, thread_number};
use gusset_data::LogRecord;

use super::logs::{Bounded, StateChange};
use super::shard::Shard;
use crate::black_box::BlackBox;
use crate::call::{ActiveCall, CallEntry, CallTotals, EndFacts, StartFacts};
use crate::readings::Readings;

/// The state of a recorder.
///
/// Threads have shards, so that they do not wait for each other. A lock is held for a copy, which cannot panic.
pub(crate) struct Shared {
    shards: Box<[CacheLines<Mutex<Shard>>]>,
    pub(super) logs: Mutex<Bounded<LogRecord>>,
    pub(super) changes: Mutex<Bounded<StateChange>>,
    pub(super) readings: Mutex<Bounded<(SystemTime, Readings)>>,
    pub(super) totals: Mutex<Bounded<(SystemTime, CallTotals)>>,
    /// Where log records of `WARN` and above and state changes are written too.
    pub(super) file: OnceLock<Arc<BlackBox>>,
    /// The same moment by both clocks. Calls have the monotonic one, which costs nothing more.
    anchor: (Instant, SystemTime),
}

/// Where a call under way is: its shard, and its place there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    shard: u16,
    index: u16,
}

/// A value on cache lines of its own. Processors prefetch them in pairs.
#[repr(align(128))]
struct CacheLines<T>(T);

const MAX_SHARDS: usize = 8;

// === impl Shared ===

impl Shared {
    pub(super) fn new(max_bytes: usize, max_active: usize, anchor: (Instant, SystemTime)) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = processors.min(MAX_SHARDS);
        let sixteenth = max_bytes / 16;
        let ended = 8 * sixteenth / count / size_of::<CallEntry>();
        let shard = || CacheLines(Mutex::new(Shard::new(ended, max_active / count)));
        Self {
            shards: std::iter::repeat_with(shard).take(count).collect(),
            logs: Mutex::new(Bounded::new(5 * sixteenth)),
            changes: Mutex::new(Bounded::new(sixteenth)),
            readings: Mutex::new(Bounded::new(sixteenth)),
            totals: Mutex::new(Bounded::new(sixteenth)),
            file: OnceLock::new(),
            anchor,
        }
    }

    /// Lists a call that starts. `None` if too many are under way.
    #[inline]
    pub(super) fn start(&self, started: Instant, method: &str, route: &str) -> Option<Place> {
        let shard = thread_number() % self.shards.len();
        let index = lock(&self.shards[shard].0).start(started, method, route)?;
        let shard = u16::try_from(shard).expect("there are at most eight");
        Some(Place { shard, index })
    }

    #[inline]
    pub(super) fn set_ids(&self, place: Place, ids: SpanIds) {
        lock(&self.shards[usize::from(place.shard)].0).set_ids(place.index, ids);
    }

    #[inline]
    pub(super) fn end(&self, place: Place, end: &EndFacts) {
        lock(&self.shards[usize::from(place.shard)].0).end(place.index, end);
    }

    /// Records the end of a call that was not listed.
    pub(super) fn end_of_kept(&self, start: &StartFacts, end: &EndFacts) {
        lock(&self.shards[0].0).push(start, end);
    }

    /// Returns what `read` returns for each shard. Each is locked for itself.
    pub(super) fn each_shard<R>(&self, mut read: impl FnMut(&mut Shard) -> R) -> Vec<R> {
        let shards = self.shards.iter();
        shards.map(|shard| read(&mut lock(&shard.0))).collect()
    }

    /// Returns what has ended since the last time that this was called.
    pub(super) fn take_totals(&self) -> CallTotals {
        let each = self.each_shard(|shard| std::mem::take(&mut shard.totals));
        each.into_iter()
            .fold(CallTotals::default(), CallTotals::merge)
    }

    /// Returns the calls under way, the oldest first.
    pub(super) fn active(&self) -> Vec<ActiveCall> {
        let each = self.each_shard(|shard| shard.active().copied().collect::<Vec<_>>());
        let mut calls: Vec<_> = each
            .into_iter()
            .flatten()
            .map(|start| ActiveCall {
                started: self.wall_clock(start.started),
                start,
            })
            .collect();
        calls.sort_by_key(|call| call.started);
        calls
    }

    pub(super) fn wall_clock(&self, at: Instant) -> SystemTime {
        let (instant, time) = self.anchor;
        match at.checked_duration_since(instant) {
            Some(after) => time + after,
            None => time - (instant - at),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
