//! The calls of the threads that share a shard.

use std::time::Instant;

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
    active: Vec<Active>,
    free: Vec<u16>,
    max_active: usize,
    pub(super) totals: CallTotals,
}

/// A place for a call under way. The facts of one that has ended stay, until another call takes its place.
#[derive(Debug)]
struct Active {
    facts: StartFacts,
    is_used: bool,
}

// === impl Shard ===

impl Shard {
    pub(super) fn new(max_ended: usize, max_active: usize) -> Self {
        let (max_ended, max_active) = (max_ended.max(1), max_active.min(usize::from(u16::MAX)));
        // All at once: growing would copy everything while a call waits. The system has no pages for what is not used.
        Self {
            ended: Vec::with_capacity(max_ended),
            next: 0,
            max_ended,
            active: Vec::with_capacity(max_active),
            free: Vec::with_capacity(max_active),
            max_active,
            totals: CallTotals::default(),
        }
    }

    /// Adds a call that starts, and returns its place. `None` if too many are under way.
    #[inline]
    pub(super) fn start(&mut self, started: Instant, method: &str, route: &str) -> Option<u16> {
        if let Some(place) = self.free.pop() {
            let active = &mut self.active[usize::from(place)];
            active.facts.set(started, method, route);
            active.is_used = true;
            return Some(place);
        }
        let place = u16::try_from(self.active.len()).ok()?;
        if self.active.len() >= self.max_active {
            return None;
        }
        self.active.push(Active {
            facts: StartFacts::new(started, method, route),
            is_used: true,
        });
        Some(place)
    }

    #[inline]
    pub(super) fn set_ids(&mut self, place: u16, ids: SpanIds) {
        self.active[usize::from(place)].facts.ids = Some(ids);
    }

    /// Moves a call to those that have ended.
    #[inline]
    pub(super) fn end(&mut self, place: u16, end: &EndFacts) {
        let Self {
            ended,
            active,
            totals,
            ..
        } = self;
        let active = &mut active[usize::from(place)];
        active.is_used = false;
        self.free.push(place);
        totals.add(end);
        // In place, because each copy of an entry costs as much as a lock.
        match ended.get_mut(self.next) {
            Some(entry) => entry.set(&active.facts, end),
            None => ended.push(CallEntry::new(&active.facts, end)),
        }
        self.advance();
    }

    /// Adds a call that was not listed.
    pub(super) fn push(&mut self, start: &StartFacts, end: &EndFacts) {
        self.totals.add(end);
        match self.ended.get_mut(self.next) {
            Some(entry) => entry.set(start, end),
            None => self.ended.push(CallEntry::new(start, end)),
        }
        self.advance();
    }

    #[inline]
    fn advance(&mut self) {
        self.next += 1;
        if self.next == self.max_ended {
            self.next = 0;
        }
    }

    pub(super) fn ended(&self) -> impl Iterator<Item = &CallEntry> {
        self.ended.iter()
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &StartFacts> {
        let used = self.active.iter().filter(|active| active.is_used);
        used.map(|active| &active.facts)
    }
}
