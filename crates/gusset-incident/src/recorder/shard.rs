//! The calls of the threads that share a shard.

use std::time::Duration;

use gusset_core::Outcome;

use crate::call::{CallEntry, StartFacts};

/// Calls under way and calls that have ended, of some threads.
#[derive(Debug)]
pub(super) struct Shard {
    /// A ring, once it is full.
    ended: Vec<CallEntry>,
    /// Where the next call is kept.
    next: usize,
    max_ended: usize,
    active: Vec<Option<StartFacts>>,
    free: Vec<u16>,
    max_active: usize,
    pub(super) totals: Totals,
}

/// What has ended since the totals were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) cancelled: u64,
    pub(super) slowest: Duration,
}

// === impl Shard ===

impl Shard {
    pub(super) fn new(max_ended: usize, max_active: usize) -> Self {
        Self {
            ended: Vec::new(),
            next: 0,
            max_ended: max_ended.max(1),
            active: Vec::new(),
            free: Vec::new(),
            max_active: max_active.min(usize::from(u16::MAX)),
            totals: Totals::default(),
        }
    }

    /// Adds a call that starts, and returns its place. `None` if too many are under way.
    #[inline]
    pub(super) fn start(&mut self, facts: StartFacts) -> Option<u16> {
        if let Some(place) = self.free.pop() {
            self.active[usize::from(place)] = Some(facts);
            return Some(place);
        }
        let place = u16::try_from(self.active.len()).ok()?;
        if self.active.len() >= self.max_active {
            return None;
        }
        self.active.push(Some(facts));
        Some(place)
    }

    /// Moves a call to those that have ended.
    #[inline]
    pub(super) fn end(&mut self, place: Option<u16>, entry: CallEntry) {
        if let Some(place) = place {
            self.active[usize::from(place)] = None;
            self.free.push(place);
        }
        self.totals.add(&entry);
        if self.ended.len() < self.max_ended {
            self.ended.push(entry);
        } else {
            self.ended[self.next] = entry;
        }
        self.next = (self.next + 1) % self.max_ended;
    }

    pub(super) fn ended(&self) -> impl Iterator<Item = &CallEntry> {
        self.ended.iter()
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &StartFacts> {
        self.active.iter().flatten()
    }
}

// === impl Totals ===

impl Totals {
    #[inline]
    fn add(&mut self, entry: &CallEntry) {
        self.calls += 1;
        self.errors += u64::from(entry.outcome == Some(Outcome::ServerError));
        self.cancelled += u64::from(entry.outcome == Some(Outcome::Cancelled));
        self.slowest = self.slowest.max(entry.duration);
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            errors: self.errors + other.errors,
            cancelled: self.cancelled + other.cancelled,
            slowest: self.slowest.max(other.slowest),
        }
    }
}
