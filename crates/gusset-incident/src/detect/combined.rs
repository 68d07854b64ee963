//! Combinations.

use super::{Detect, Moment};

/// Detects what two detect at the same time. Returned by [`Detect::and`].
#[derive(Clone, Debug)]
pub struct And<A, B>(pub(super) A, pub(super) B);

/// Detects what one of two detects. Returned by [`Detect::or`].
#[derive(Clone, Debug)]
pub struct Or<A, B>(pub(super) A, pub(super) B);

/// Detects what stays. Returned by [`Detect::held_for`].
#[derive(Clone, Debug)]
pub struct HeldFor<D> {
    inner: D,
    times: u32,
    seen: u32,
}

impl<A: Detect, B: Detect> Detect for And<A, B> {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        // Both, because they keep what they have read.
        let (first, second) = (self.0.detect(moment), self.1.detect(moment));
        Some(format!("{}, and {}", first?, second?))
    }
}

impl<A: Detect, B: Detect> Detect for Or<A, B> {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let (first, second) = (self.0.detect(moment), self.1.detect(moment));
        match (first, second) {
            (Some(first), Some(second)) => Some(format!("{first}; {second}")),
            (first, second) => first.or(second),
        }
    }
}

// === impl HeldFor ===

impl<D> HeldFor<D> {
    pub(super) fn new(inner: D, times: u32) -> Self {
        let seen = 0;
        Self { inner, times, seen }
    }
}

impl<D: Detect> Detect for HeldFor<D> {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let detected = self.inner.detect(moment);
        self.seen = match detected {
            Some(_) => self.seen.saturating_add(1),
            None => 0,
        };
        detected.filter(|_| self.seen >= self.times)
    }
}
