//! Detects layers that are applied twice, so that a call is recorded once.

use std::cell::Cell;
use std::sync::Arc;

use crate::SharedRecorder;

thread_local! {
    /// The innermost layer whose service is being polled on this thread.
    static CURRENT: Cell<LayerId> = const { Cell::new(LayerId(0)) };
}

/// The identity of a layer: its recorder and its set of instruments.
///
/// Two layers with the same identity record the same metrics. The inner one starts while a call of the
/// outer one is being polled, and then records nothing.
///
/// The word is the address of the recorder with the number of the instrument set in the three low
/// bits. The high bit is always set, so no identity is zero, the value for "no layer".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerId(usize);

/// Restores the outer layer when it is dropped, also while a panic unwinds.
struct Restore(LayerId);

// === impl LayerId ===

impl LayerId {
    /// Creates the identity of a layer. `instrument_set` is less than eight.
    pub(crate) fn new(recorder: &SharedRecorder, instrument_set: u8) -> Self {
        // An `Arc` stores two counters with each recorder, so two recorders are at least eight bytes
        // apart and differ in the bits above the lowest three.
        let address = Arc::as_ptr(recorder).cast::<u8>() as usize;
        Self((address & !7) | usize::from(instrument_set & 7) | 1 << (usize::BITS - 1))
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
