//! Admission.

use std::time::Duration;

use super::{Core, left, passed};
use crate::State;
use crate::machine::{Probes, Word};
use crate::sync::Ordering;

/// Why a call is not admitted: the state that refuses it, and the time until it may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shut {
    pub(crate) state: State,
    pub(crate) left: Option<Duration>,
}

/// What came of asking for a probe's permit.
enum Issued {
    Permit,
    NoneLeft,
    /// The cycle is over.
    Over,
}

// === impl Core ===

impl Core {
    /// Admits a call and gives the generation that its result belongs to. Closed, this is one load.
    #[inline]
    pub(crate) fn admit(&self, now: impl FnOnce() -> u64) -> Result<u32, Shut> {
        let word = self.word();
        if word.is_closed() {
            return Ok(word.generation());
        }
        self.admit_by_state(word, now())
    }

    #[cold]
    fn admit_by_state(&self, mut word: Word, now: u64) -> Result<u32, Shut> {
        // Ends: each turn means that the breaker moved.
        loop {
            match word.state() {
                State::Closed | State::Disabled | State::Observing => {
                    return Ok(word.generation());
                }
                State::ForcedOpen => return Err(self.refuse(word, now)),
                State::Open => {
                    match self.rules().on_call(word, passed(now), self.opened()) {
                        None => return Err(self.refuse(word, now)),
                        Some(half_open) => self.transit(word, half_open),
                    };
                }
                State::HalfOpen => {
                    if !self.pass_time(now) {
                        match self.issue(word, now) {
                            Issued::Permit => return Ok(word.generation()),
                            Issued::NoneLeft => return Err(self.refuse(word, now)),
                            Issued::Over => {}
                        }
                    }
                }
            }
            word = self.word();
        }
    }

    /// Counts a refusal, and says how long it lasts.
    pub(crate) fn refuse(&self, word: Word, now: u64) -> Shut {
        self.changing.refused.fetch_add(1, Ordering::Relaxed);
        let shut = self.shut(word, now);
        if let Some(metrics) = &self.metrics {
            metrics.refused(shut.state);
        }
        shut
    }

    /// Refuses a call whose service was not asked whether it is ready, whatever the state is now.
    #[cold]
    pub(crate) fn reject(&self, now: u64) -> Shut {
        let word = self.word();
        if !matches!(
            word.state(),
            State::Closed | State::Disabled | State::Observing
        ) {
            return self.refuse(word, now);
        }
        // It was open a moment ago, and may be called in the next.
        self.changing.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(metrics) = &self.metrics {
            metrics.refused(State::Open);
        }
        Shut {
            state: State::Open,
            left: Some(Duration::ZERO),
        }
    }

    fn shut(&self, word: Word, now: u64) -> Shut {
        let state = word.state();
        let left = match state {
            State::Open => left(word.deadline(), now),
            // When the probes have decided, nobody knows; another try makes sense after the base.
            State::HalfOpen => Some(Duration::from_millis(self.rules().open_for)),
            _ => None,
        };
        Shut { state, left }
    }

    /// Why a call at `now` would be refused; `None` if it would be admitted. Changes nothing.
    pub(crate) fn would_refuse(&self, now: u64) -> Option<Shut> {
        let word = self.word();
        if word.is_closed() {
            return None;
        }
        let (ms, rules) = (passed(now), self.cycle_rules(word));
        let refuses = match word.state() {
            State::Closed | State::Disabled | State::Observing => false,
            State::ForcedOpen => true,
            State::Open => ms < word.deadline(),
            State::HalfOpen => {
                match rules.overdue(word, ms, self.opened(), 0) {
                    // It opens as of its deadline, and that time may be over as well.
                    Some(next) => next.to == State::Open && ms < next.deadline,
                    None => self
                        .probes(word)
                        .is_none_or(|probes| probes.issued >= rules.probes),
                }
            }
        };
        refuses.then(|| self.shut(word, now))
    }

    /// Makes the moves that the time asks for, as timers would; false if there are none. A half-open
    /// cycle that is over may find its open time over too.
    pub(crate) fn pass_time(&self, now: u64) -> bool {
        let mut moved = false;
        loop {
            let word = self.word();
            let dice = self.dice(word.generation());
            let opened = self.opened();
            match self.rules().overdue(word, passed(now), opened, dice) {
                None => return moved,
                // If another was quicker, it is done as well.
                Some(overdue) => {
                    self.transit(word, overdue);
                    moved = true;
                }
            }
        }
    }

    /// The probes of the cycle of that word; `None` if it is over.
    pub(crate) fn probes(&self, word: Word) -> Option<Probes> {
        let bits = self.changing.probes.load(Ordering::Acquire);
        Probes::from_bits(bits).of(word.generation())
    }

    fn issue(&self, word: Word, now: u64) -> Issued {
        let mut bits = self.changing.probes.load(Ordering::Acquire);
        loop {
            let Some(probes) = Probes::from_bits(bits).of(word.generation()) else {
                return Issued::Over;
            };
            let Some(next) = probes.issue(self.cycle_rules(word).probes) else {
                // All have voted, and whoever voted last may not have got round to the move.
                return if self.settle(word, &probes, None, now) {
                    Issued::Over
                } else {
                    Issued::NoneLeft
                };
            };
            match self.swap_probes(bits, next) {
                Ok(()) => return Issued::Permit,
                Err(now) => bits = now,
            }
        }
    }

    /// Gives back a permit of that generation, if it was a probe's and the cycle goes on.
    pub(crate) fn release(&self, generation: u32, now: impl Fn() -> u64) {
        let word = self.word();
        if word.state() != State::HalfOpen
            || self.pass_time(now())
            || word.generation() != generation
        {
            return;
        }
        let mut bits = self.changing.probes.load(Ordering::Acquire);
        loop {
            let probes = Probes::from_bits(bits);
            if probes.generation != generation {
                return;
            }
            match self.swap_probes(bits, probes.give_back()) {
                Ok(()) => break,
                Err(now) => bits = now,
            }
        }
        self.waiters.wake();
    }

    pub(super) fn swap_probes(&self, from: u64, to: Probes) -> Result<(), u64> {
        self.changing
            .probes
            .compare_exchange(from, to.bits(), Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }
}
