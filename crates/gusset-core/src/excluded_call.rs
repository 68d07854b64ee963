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
                ExcludedCall::set_current(self.0);
            }
        }
        let _restore = Restore(Self::set_current(true));
        run()
    }

    /// Sets whether an excluded call is polled on this thread, and returns whether one was.
    pub(crate) fn set_current(is_excluded: bool) -> bool {
        let previous = IS_EXCLUDED.try_with(|excluded| excluded.replace(is_excluded));
        previous.unwrap_or_default()
    }
}
