//! Panics of the user's functions.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Contains and counts the panics of a function of the user, such as a sampler, a propagator or a label
/// function: a call is served and observed all the same.
///
/// ```
/// use gusset_core::PanicCounter;
///
/// let panics = PanicCounter::new();
/// assert_eq!(panics.catch(|| 7, || unreachable!()), Some(7));
/// let mut reports = 0;
/// for _ in 0..2 {
///     let caught: Option<()> = panics.catch(|| panic!("on purpose"), || reports += 1);
///     assert_eq!(caught, None);
/// }
/// assert_eq!((panics.count(), reports), (2, 1));
/// ```
#[derive(Debug, Default)]
pub struct PanicCounter(AtomicU64);

// === impl PanicCounter ===

impl PanicCounter {
    /// Creates a counter of no panics.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns what `run` returns, or `None` if it panics. Calls `report` for the first panic only: what
    /// fails in every call must not fill the log. Costs a few instructions if nothing panics.
    ///
    /// What `run` changes by reference has to be valid after a panic.
    #[inline]
    pub fn catch<R>(&self, run: impl FnOnce() -> R, report: impl FnOnce()) -> Option<R> {
        let returned = caught(run);
        if returned.is_none() {
            self.add(report);
        }
        returned
    }

    /// Counts a panic that was caught elsewhere. Calls `report` for the first panic only.
    #[cold]
    pub fn add(&self, report: impl FnOnce()) {
        if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
            report();
        }
    }

    /// Returns the number of panics.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns what `run` returns, or `None` if it panics.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(returned) => Some(returned),
        Err(thrown) => {
            discard(thrown);
            None
        }
    }
}

/// Drops the payload of a panic. If its drop panics too, that second payload is leaked, so that the chain
/// ends.
pub(crate) fn discard(thrown: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
        std::mem::forget(again);
    }
}
