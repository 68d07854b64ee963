//! The flags and the observers of a call, in one word.

use crate::ResponseKind;
use crate::identity::ObserverSet;

/// The state of a call other than its timings. It is packed, because a call is moved with its future and
/// its body: `observers:56 | unused:2 | shares_fields:1 | kind:2 | clock_is_fresh:1 | delivered:1 | polling:1`. The flags
/// are in the low byte, where one instruction with a short constant changes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallState(u64);

const POLLING: u64 = 1;
const DELIVERED: u64 = 1 << 1;
const CLOCK_IS_FRESH: u64 = 1 << 2;
const KIND_SHIFT: u32 = 3;
const SHARES_FIELDS: u64 = 1 << 5;
const OBSERVERS_SHIFT: u32 = u64::BITS - ObserverSet::BITS;

// === impl CallState ===

impl CallState {
    #[inline]
    pub(crate) fn new(observers: ObserverSet) -> Self {
        Self(observers.bits() << OBSERVERS_SHIFT)
    }

    /// Marks the call as that of a request with an enclosing call, whose fields it shares.
    #[inline]
    pub(crate) fn set_shares_fields(&mut self) {
        self.0 |= SHARES_FIELDS;
    }

    #[inline]
    pub(crate) fn shares_fields(self) -> bool {
        self.0 & SHARES_FIELDS != 0
    }

    #[inline]
    pub(crate) fn observers(self) -> ObserverSet {
        ObserverSet::from_bits(self.0 >> OBSERVERS_SHIFT)
    }

    /// Enters a poll: nothing has read the clock in it.
    #[inline]
    pub(crate) fn enter_poll(&mut self) {
        self.0 = (self.0 | POLLING) & !CLOCK_IS_FRESH;
    }

    #[inline]
    pub(crate) fn leave_poll(&mut self) {
        self.0 &= !POLLING;
    }

    /// Returns whether a poll was entered and not left. `thread::panicking` would also be true for a
    /// healthy call that another panic drops.
    #[inline]
    pub(crate) fn is_polling(self) -> bool {
        self.0 & POLLING != 0
    }

    #[inline]
    pub(crate) fn set_delivered(&mut self) {
        self.0 |= DELIVERED;
    }

    /// Returns whether the declared length was sent: a drop is a completion and not a cancellation.
    #[inline]
    pub(crate) fn is_delivered(self) -> bool {
        self.0 & DELIVERED != 0
    }

    #[inline]
    pub(crate) fn set_clock_is_fresh(&mut self) {
        self.0 |= CLOCK_IS_FRESH;
    }

    #[inline]
    pub(crate) fn clear_clock_is_fresh(&mut self) {
        self.0 &= !CLOCK_IS_FRESH;
    }

    /// Returns whether the clock was read since the last poll began, so that the end need not read it.
    #[inline]
    pub(crate) fn clock_is_fresh(self) -> bool {
        self.0 & CLOCK_IS_FRESH != 0
    }

    #[inline]
    pub(crate) fn set_response_kind(&mut self, kind: ResponseKind) {
        self.0 |= (kind as u64 + 1) << KIND_SHIFT;
    }

    /// Returns what follows the response headers, once they have arrived.
    #[inline]
    pub(crate) fn response_kind(self) -> Option<ResponseKind> {
        match self.0 >> KIND_SHIFT & 3 {
            0 => None,
            1 => Some(ResponseKind::Body),
            2 => Some(ResponseKind::NoBody),
            _ => Some(ResponseKind::Upgrade),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_observers_do_not_overlap() {
        let all = ObserverSet::from_bits(u64::MAX);
        let mut state = CallState::new(all);
        assert!(!state.is_polling() && !state.is_delivered() && !state.clock_is_fresh());
        assert_eq!(state.response_kind(), None);

        state.set_clock_is_fresh();
        state.enter_poll();
        assert!(state.is_polling() && !state.clock_is_fresh());
        state.leave_poll();
        state.set_delivered();
        state.set_shares_fields();
        for kind in [
            ResponseKind::Body,
            ResponseKind::NoBody,
            ResponseKind::Upgrade,
        ] {
            let mut state = state;
            state.set_response_kind(kind);
            assert_eq!(state.response_kind(), Some(kind));
            assert!(state.is_delivered() && !state.is_polling());
            assert!(state.shares_fields());
            assert_eq!(state.observers(), all);
        }
    }
}
