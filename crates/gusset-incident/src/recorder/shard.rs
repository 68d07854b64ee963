//! The calls of the threads that share a shard.

use gusset_core::SpanIds;

use crate::call::{CallEntry, CallTotals, EndFacts, StartFacts};

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
    pub(super) totals: CallTotals,
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
            totals: CallTotals::default(),
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

    #[inline]
    pub(super) fn set_ids(&mut self, place: u16, ids: SpanIds) {
        if let Some(facts) = &mut self.active[usize::from(place)] {
            facts.ids = Some(ids);
        }
    }

    /// Moves a call to those that have ended.
    #[inline]
    pub(super) fn end(&mut self, place: u16, end: EndFacts) {
        let start = self.active[usize::from(place)].take();
        self.free.push(place);
        self.push(CallEntry::new(start.expect("it has not ended before"), end));
    }

    #[inline]
    pub(super) fn push(&mut self, entry: CallEntry) {
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
