//! One call, counted once.

use std::cell::Cell;

use crate::SharedRecorder;

thread_local! {
    /// Whose call is being polled on this thread.
    static CURRENT: Cell<Owner> = const { Cell::new(Owner(0)) };
}

/// Who counts a call: a recorder, on one side of the wire.
///
/// Two layers of ourselves, put on by mistake, have the same owner, and the inner one stands back:
/// it is called while a call of that owner is being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(usize);

/// Puts back, also when the poll unwinds, what was there before.
struct Restore(Owner);

// === impl Owner ===

impl Owner {
    /// `side` tells the server's layer from the client's on the same recorder: at most eight.
    pub(crate) fn new(recorder: &SharedRecorder, side: u8) -> Self {
        // Recorders are at least a word apart, so their low bits are free.
        let address = std::sync::Arc::as_ptr(recorder).cast::<u8>() as usize;
        Self((address & !7) | usize::from(side & 7) | 1 << (usize::BITS - 1))
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
