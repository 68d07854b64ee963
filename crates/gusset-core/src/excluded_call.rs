//! The mark of a call that is excluded from all signals, on the thread that polls it.

use std::cell::Cell;

thread_local! {
    /// Whether a call that is polled on this thread is excluded.
    static IS_EXCLUDED: Cell<bool> = const { Cell::new(false) };
}

/// A call that a [`FilteredObserver`](crate::FilteredObserver) excludes and that is polled on this thread.
///
/// Spans without a parent that begin meanwhile belong to it, and are not recorded: they would be traces of
/// their own. To keep the mark in a spawned task, restore it with [`scope`](Self::scope).
///
/// ```
/// use gusset_core::ExcludedCall;
///
/// assert!(ExcludedCall::current().is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ExcludedCall(());

// === impl ExcludedCall ===

impl ExcludedCall {
    pub(crate) const NEW: Self = Self(());

    /// Returns the excluded call that is polled on this thread, if there is one. Costs a thread-local access.
    pub fn current() -> Option<Self> {
        let is_excluded = IS_EXCLUDED.try_with(Cell::get).unwrap_or_default();
        is_excluded.then_some(Self(()))
    }

    /// Runs a function as a part of the excluded call. The mark is restored if the function unwinds.
    pub fn scope<R>(self, run: impl FnOnce() -> R) -> R {
        struct Restore(bool);
        impl Drop for Restore {
            fn drop(&mut self) {
                let _ = IS_EXCLUDED.try_with(|excluded| excluded.set(self.0));
            }
        }
        let previous = IS_EXCLUDED.try_with(|excluded| excluded.replace(true));
        let _restore = Restore(previous.unwrap_or_default());
        run()
    }
}
