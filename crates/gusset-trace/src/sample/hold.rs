//! Leave to keep a call's spans aside until its end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The leave to keep the spans of one call aside, and how many.
///
/// It is given back when the call ends, whichever way it does.
pub struct Hold {
    spans: usize,
    slots: Option<Arc<Slots>>,
}

/// What was left out because too much was kept aside at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HoldStats {
    /// Calls whose spans are kept aside now.
    pub held: usize,
    /// Calls that were not kept aside, as too many were.
    pub calls_left_out: u64,
    /// Spans that were not kept aside, as their call had too many.
    pub spans_left_out: u64,
}

/// How many calls may be kept aside at once.
#[derive(Debug)]
pub(super) struct Slots {
    most: usize,
    held: AtomicUsize,
    calls_left_out: AtomicU64,
    spans_left_out: AtomicU64,
}

// === impl Hold ===

impl Hold {
    /// Leave to keep so many spans, for a sampler that bounds the number of calls itself.
    pub const fn new(spans: usize) -> Self {
        Self { spans, slots: None }
    }

    /// How many spans may be kept.
    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn left_out_a_span(&self) {
        if let Some(slots) = &self.slots {
            slots.spans_left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(slots) = &self.slots {
            slots.held.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hold({} spans)", self.spans)
    }
}

// === impl Slots ===

impl Slots {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: AtomicUsize::new(0),
            calls_left_out: AtomicU64::new(0),
            spans_left_out: AtomicU64::new(0),
        })
    }

    /// `None` if too many calls are kept aside, which is counted.
    pub(super) fn take(self: &Arc<Self>, spans: usize) -> Option<Hold> {
        let one_more = |held: usize| (held < self.most).then_some(held + 1);
        let taken = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        if taken.is_err() {
            self.calls_left_out.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(Hold {
            spans,
            slots: Some(self.clone()),
        })
    }

    pub(super) fn stats(&self) -> HoldStats {
        HoldStats {
            held: self.held.load(Ordering::Relaxed),
            calls_left_out: self.calls_left_out.load(Ordering::Relaxed),
            spans_left_out: self.spans_left_out.load(Ordering::Relaxed),
        }
    }
}
