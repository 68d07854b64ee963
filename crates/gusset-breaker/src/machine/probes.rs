//! The probes of one half-open cycle.

use super::word::GENERATIONS;

/// Permits and votes of one half-open cycle in one word, so that admission, vote and verdict cannot
/// miss each other: `generation:21 | issued:10 | voted:10 | failed:10 | slow:10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probes {
    pub(crate) generation: u32,
    /// Permits that are out or have voted.
    pub(crate) issued: u32,
    pub(crate) voted: u32,
    pub(crate) failed: u32,
    pub(crate) slow: u32,
}

/// The most that a cycle may have; a field of the word holds 1023.
pub(crate) const MOST_PROBES: u32 = 1000;

const FIELD: u64 = (1 << 10) - 1;

// === impl Probes ===

impl Probes {
    /// A cycle that nobody has called in.
    pub(crate) fn fresh(generation: u32) -> Self {
        Self {
            generation,
            issued: 0,
            voted: 0,
            failed: 0,
            slow: 0,
        }
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        let field = |at: u32| (bits >> at & FIELD) as u32;
        Self {
            generation: (bits >> 40) as u32 % GENERATIONS,
            issued: field(30),
            voted: field(20),
            failed: field(10),
            slow: field(0),
        }
    }

    pub(crate) fn bits(self) -> u64 {
        let Self {
            generation,
            issued,
            voted,
            failed,
            slow,
        } = self;
        let field = |value: u32, at: u32| (u64::from(value) & FIELD) << at;
        u64::from(generation) << 40
            | field(issued, 30)
            | field(voted, 20)
            | field(failed, 10)
            | field(slow, 0)
    }

    /// These probes as `generation` sees them: its own, or none yet where they are of a cycle
    /// before it. `None` if they are of a later one: `generation` is over.
    pub(crate) fn of(self, generation: u32) -> Option<Self> {
        if self.generation == generation {
            return Some(self);
        }
        let ahead = generation.wrapping_sub(self.generation) % GENERATIONS;
        (ahead < GENERATIONS / 2).then(|| Self::fresh(generation))
    }

    /// With one permit more, of `most`.
    pub(crate) fn issue(self, most: u32) -> Option<Self> {
        (self.issued < most).then(|| Self {
            issued: self.issued + 1,
            ..self
        })
    }

    /// With a permit given back unused.
    pub(crate) fn give_back(self) -> Self {
        Self {
            issued: self.issued.saturating_sub(1),
            ..self
        }
    }

    /// With one vote more.
    pub(crate) fn vote(self, failed: bool, slow: bool) -> Self {
        Self {
            voted: self.voted + 1,
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
        fn probes_give_back_what_they_were_made_of(
            generation in 0..GENERATIONS, issued in 0..=MOST_PROBES, voted in 0..=MOST_PROBES,
            failed in 0..=MOST_PROBES, slow in 0..=MOST_PROBES,
        ) {
            let probes = Probes { generation, issued, voted, failed, slow };
            prop_assert_eq!(Probes::from_bits(probes.bits()), probes);
        }
    }

    #[test]
    fn the_probes_of_an_earlier_cycle_are_none_and_those_of_a_later_one_are_not_ours() {
        let seven = Probes::fresh(7).issue(1).expect("one is free");
        assert_eq!(seven.issue(1), None);
        assert_eq!(seven.of(7), Some(seven));
        assert_eq!(seven.of(9), Some(Probes::fresh(9)));
        assert_eq!(seven.of(6), None);
        assert_eq!(Probes::fresh(GENERATIONS - 1).of(1), Some(Probes::fresh(1)));
    }
}
