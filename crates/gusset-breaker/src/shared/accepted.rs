//! The half-open calls in progress that have good response headers.
//!
//! They are counted in a word of their own, `generation:32 | calls:32`, and not with the probes. It is only
//! read when half-open times out, and a call that ends at that moment may or may not be part of it.

use super::Core;
use crate::State;
use crate::sync::Ordering::Relaxed;

const CALLS: u64 = 0xFFFF_FFFF;

// === impl Core ===

impl Core {
    /// Adds a call with good headers. Returns whether it was added: only a call of this half-open cycle.
    #[inline]
    pub(crate) fn accept_probe(&self, generation: u32) -> bool {
        let packed = self.packed();
        let is_probe = packed.state() == State::HalfOpen && packed.generation() == generation;
        if is_probe {
            let generation = u64::from(generation);
            let next = |word: u64| {
                Some(if word >> 32 == generation {
                    word + 1
                } else {
                    generation << 32 | 1
                })
            };
            let _ = self.write_hot.accepted.fetch_update(Relaxed, Relaxed, next);
        }
        is_probe
    }

    /// Removes a call that [`accept_probe`](Self::accept_probe) has added.
    #[cold]
    pub(crate) fn withdraw_probe(&self, generation: u32) {
        let next = |word: u64| {
            let is_counted = word >> 32 == u64::from(generation) && word & CALLS > 0;
            is_counted.then(|| word - 1)
        };
        // Fails if another cycle has begun.
        let _ = self.write_hot.accepted.fetch_update(Relaxed, Relaxed, next);
    }

    /// Returns the number of calls with good headers in a cycle.
    pub(super) fn accepted_probes(&self, generation: u32) -> u32 {
        let word = self.write_hot.accepted.load(Relaxed);
        if word >> 32 == u64::from(generation) {
            word as u32
        } else {
            0
        }
    }
}
