//! One call, counted once.

use std::cell::Cell;

use crate::SharedRecorder;

thread_local! {
    /// Whose call is being polled on this thread.
    static CURRENT: Cell<Owner> = const { Cell::new(Owner(0)) };
}

/// Who counts a call: a recorder, for one family of metrics.
///
/// Two layers of ourselves, put on by mistake, have the same owner, and the inner one stands back:
/// it is called while a call of that owner is being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(usize);

/// Puts back, also when the poll unwinds, what was there before.
struct Restore(Owner);

// === impl Owner ===

impl Owner {
    /// `family` tells kinds of call apart on the same recorder; it is below eight.
    pub(crate) fn new(recorder: &SharedRecorder, family: u8) -> Self {
        // Recorders are at least a word apart, so their low bits are free.
        let address = std::sync::Arc::as_ptr(recorder).cast::<u8>() as usize;
        Self((address & !7) | usize::from(family & 7) | 1 << (usize::BITS - 1))
    }

    #[inline]
    pub(crate) fn is_current(self) -> bool {
        CURRENT.get() == self
    }

    #[inline]
    pub(crate) fn scope<R>(self, poll: impl FnOnce() -> R) -> R {
        let _restore = Restore(CURRENT.replace(self));
        poll()
    }
}

// === impl Restore ===

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
