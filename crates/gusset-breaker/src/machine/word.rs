//! The one word that decides admission.

use crate::State;

/// State, generation and deadline in one word, so that no reader sees a state without its deadline:
/// `state:3 | generation:21 | deadline:40`.
///
/// Every move to another state is one compare-and-swap of this word to the next generation. The
/// deadline is in milliseconds since the breaker was made (34 years); what it says depends on the
/// state: when an open breaker may be probed, when a half-open one has waited enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(u64);

/// No deadline, and the last moment of the breaker's time.
pub(crate) const NEVER: u64 = (1 << 40) - 1;

/// Generations wrap here: a result that comes 2²¹ moves late is taken for a fresh one.
pub(crate) const GENERATIONS: u32 = 1 << 21;

// === impl Word ===

impl Word {
    pub(crate) fn new(state: State, generation: u32, deadline: u64) -> Self {
        let generation = u64::from(generation % GENERATIONS);
        Self(code(state) << 61 | generation << 40 | deadline.min(NEVER))
    }

    /// The word of the next generation.
    pub(crate) fn next(self, state: State, deadline: u64) -> Self {
        Self::new(state, self.generation() + 1, deadline)
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        match self.0 >> 61 {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            3 => State::ForcedOpen,
            4 => State::Disabled,
            _ => State::Observing,
        }
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 >> 61 == 0
    }

    /// Whether it is closed, and of that generation: one comparison, for closed is 0.
    #[inline]
    pub(crate) fn is_closed_in(self, generation: u32) -> bool {
        self.0 >> 40 == u64::from(generation)
    }

    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 40) as u32 % GENERATIONS
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
        State::Observing => 5,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_gives_back_what_it_was_made_of(
            state in 0..6usize, generation in 0..GENERATIONS, deadline in 0..=NEVER,
        ) {
            let word = Word::new(State::ALL[state], generation, deadline);
            prop_assert_eq!(word.state(), State::ALL[state]);
            prop_assert_eq!(word.generation(), generation);
            prop_assert_eq!(word.deadline(), deadline);
            prop_assert_eq!(word.is_closed(), state == 0);
            prop_assert_eq!(word.is_closed_in(generation), state == 0);
            prop_assert!(!word.is_closed_in((generation + 1) % GENERATIONS));
            prop_assert_eq!(Word::from_bits(word.bits()), word);
        }
    }

    #[test]
    fn the_last_generation_is_followed_by_the_first() {
        let word = Word::new(State::Open, GENERATIONS - 1, 7);
        assert_eq!(word.next(State::Closed, NEVER).generation(), 0);
        assert_eq!(word.next(State::Closed, u64::MAX).deadline(), NEVER);
    }
}
