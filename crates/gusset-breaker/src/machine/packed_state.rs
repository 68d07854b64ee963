//! The state of a breaker in one word.

use crate::State;

/// State, generation and deadline in one word: `state:3 | generation:21 | deadline:40`.
///
/// Invariant: a reader never sees a state without its deadline and generation. Every transition is
/// one compare-and-swap of the word to the next generation, so exactly one thread makes it.
///
/// The deadline is in milliseconds since the breaker was built; 40 bits hold 34 years. For an open
/// breaker it is the end of the open duration, for a half-open one the end of the wait for its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedState(u64);

/// No deadline, and the end of the breaker's time.
pub(crate) const NEVER: u64 = (1 << 40) - 1;

/// The number of generations before they wrap. A result that is exactly 2²¹ transitions late is not
/// recognized as stale.
pub(crate) const GENERATIONS: u32 = 1 << 21;

const STATE_SHIFT: u32 = 61;
const GENERATION_SHIFT: u32 = 40;

// === impl PackedState ===

impl PackedState {
    pub(crate) fn new(state: State, generation: u32, deadline: u64) -> Self {
        let generation = u64::from(generation % GENERATIONS);
        Self(code(state) << STATE_SHIFT | generation << GENERATION_SHIFT | deadline.min(NEVER))
    }

    /// Returns the packed state of the next generation.
    pub(crate) fn next(self, state: State, deadline: u64) -> Self {
        Self::new(state, self.generation() + 1, deadline)
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        match self.0 >> STATE_SHIFT {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            3 => State::ForcedOpen,
            4 => State::Disabled,
            _ => State::DryRun,
        }
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 >> STATE_SHIFT == 0
    }

    /// Returns whether the breaker is closed and in this generation.
    ///
    /// One comparison, because the code of the closed state is 0.
    #[inline]
    pub(crate) fn is_closed_in(self, generation: u32) -> bool {
        self.0 >> GENERATION_SHIFT == u64::from(generation)
    }

    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.0 >> GENERATION_SHIFT) as u32 % GENERATIONS
    }

    #[inline]
    pub(crate) fn deadline(self) -> u64 {
        self.0 & NEVER
    }

    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

fn code(state: State) -> u64 {
    match state {
        State::Closed => 0,
        State::Open => 1,
        State::HalfOpen => 2,
        State::ForcedOpen => 3,
        State::Disabled => 4,
        State::DryRun => 5,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_fields_are_unpacked(
            state in 0..6usize, generation in 0..GENERATIONS, deadline in 0..=NEVER,
        ) {
            let packed = PackedState::new(State::ALL[state], generation, deadline);
            prop_assert_eq!(packed.state(), State::ALL[state]);
            prop_assert_eq!(packed.generation(), generation);
            prop_assert_eq!(packed.deadline(), deadline);
            prop_assert_eq!(packed.is_closed(), state == 0);
            prop_assert_eq!(packed.is_closed_in(generation), state == 0);
            prop_assert!(!packed.is_closed_in((generation + 1) % GENERATIONS));
            prop_assert_eq!(PackedState::from_bits(packed.bits()), packed);
        }
    }

    #[test]
    fn generations_wrap() {
        let packed = PackedState::new(State::Open, GENERATIONS - 1, 7);
        assert_eq!(packed.next(State::Closed, NEVER).generation(), 0);
        assert_eq!(packed.next(State::Closed, u64::MAX).deadline(), NEVER);
    }
}
