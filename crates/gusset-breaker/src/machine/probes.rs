//! The calls of one half-open cycle, called probes.

use super::packed_state::GENERATIONS;

/// The permits and results of one half-open cycle in one word:
/// `generation:21 | issued:10 | completed:10 | failed:10 | slow:10`.
///
/// Invariant: `issued` never exceeds the permits of the cycle, and the thread that records the last
/// result sees all others. One word makes each step a single compare-and-swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probes {
    pub(crate) generation: u32,
    /// Permits in use, or used by a completed probe.
    pub(crate) issued: u32,
    pub(crate) completed: u32,
    pub(crate) failed: u32,
    pub(crate) slow: u32,
}

/// The most probes of a cycle. A field of the word holds 1023.
pub(crate) const MAX_PROBES: u32 = 1000;

const FIELD_MASK: u64 = (1 << 10) - 1;

// === impl Probes ===

impl Probes {
    /// Creates a cycle without probes.
    pub(crate) fn new(generation: u32) -> Self {
        Self {
            generation,
            issued: 0,
            completed: 0,
            failed: 0,
            slow: 0,
        }
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        let field = |shift: u32| (bits >> shift & FIELD_MASK) as u32;
        Self {
            generation: (bits >> 40) as u32 % GENERATIONS,
            issued: field(30),
            completed: field(20),
            failed: field(10),
            slow: field(0),
        }
    }

    pub(crate) fn bits(self) -> u64 {
        let Self {
            generation,
            issued,
            completed,
            failed,
            slow,
        } = self;
        let field = |value: u32, shift: u32| (u64::from(value) & FIELD_MASK) << shift;
        u64::from(generation) << 40
            | field(issued, 30)
            | field(completed, 20)
            | field(failed, 10)
            | field(slow, 0)
    }

    /// Returns the probes of `generation`, or an empty cycle if the stored one is older.
    ///
    /// `None` if the stored cycle is newer, so `generation` has ended.
    pub(crate) fn in_generation(self, generation: u32) -> Option<Self> {
        if self.generation == generation {
            return Some(self);
        }
        let ahead = generation.wrapping_sub(self.generation) % GENERATIONS;
        (ahead < GENERATIONS / 2).then(|| Self::new(generation))
    }

    /// Issues one more permit, of at most `max`.
    pub(crate) fn issue(self, max: u32) -> Option<Self> {
        (self.issued < max).then(|| Self {
            issued: self.issued + 1,
            ..self
        })
    }

    /// Releases an unused permit.
    pub(crate) fn release(self) -> Self {
        Self {
            issued: self.issued.saturating_sub(1),
            ..self
        }
    }

    /// Records the result of one probe.
    pub(crate) fn record(self, failed: bool, slow: bool) -> Self {
        Self {
            completed: self.completed + 1,
            failed: self.failed + u32::from(failed),
            slow: self.slow + u32::from(slow),
            ..self
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_fields_are_unpacked(
            generation in 0..GENERATIONS, issued in 0..=MAX_PROBES, completed in 0..=MAX_PROBES,
            failed in 0..=MAX_PROBES, slow in 0..=MAX_PROBES,
        ) {
            let probes = Probes { generation, issued, completed, failed, slow };
            prop_assert_eq!(Probes::from_bits(probes.bits()), probes);
        }
    }

    #[test]
    fn older_cycle_reads_as_empty() {
        let seven = Probes::new(7).issue(1).expect("one is free");
        assert_eq!(seven.issue(1), None);
        assert_eq!(seven.in_generation(7), Some(seven));
        assert_eq!(seven.in_generation(9), Some(Probes::new(9)));
        assert_eq!(seven.in_generation(6), None);
        assert_eq!(
            Probes::new(GENERATIONS - 1).in_generation(1),
            Some(Probes::new(1))
        );
    }
}
