//! Admission.

use std::time::Duration;

use super::{Core, floor_millis, remaining};
use crate::machine::{Move, PackedState, Probes};
use crate::sync::Ordering;
use crate::{Reason, State};

/// The state that rejects a call, and the time after which a retry may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) state: State,
    pub(crate) retry_after: Option<Duration>,
}

/// The answer to a request for a half-open permit.
enum ProbeGrant {
    Granted,
    NoneFree,
    CycleEnded,
}

// === impl Core ===

impl Core {
    /// Admits a call, and returns the generation of its result.
    ///
    /// One load if the breaker is closed. Calls `now` only in other states.
    #[inline]
    pub(crate) fn admit(&self, now: impl FnOnce() -> u64) -> Result<u32, Denied> {
        let packed = self.packed();
        if packed.is_closed() {
            return Ok(packed.generation());
        }
        self.admit_by_state(packed, now())
    }

    #[cold]
    fn admit_by_state(&self, mut packed: PackedState, now: u64) -> Result<u32, Denied> {
        // Terminates: each iteration means that a thread has made a transition.
        loop {
            match packed.state() {
                State::Closed | State::Disabled | State::DryRun => {
                    return Ok(packed.generation());
                }
                State::ForcedOpen => return Err(self.deny(packed, now)),
                State::Open => {
                    let now_millis = floor_millis(now);
                    match self
                        .rules()
                        .on_call(packed, now_millis, self.times_opened())
                    {
                        None => return Err(self.deny(packed, now)),
                        Some(half_open) => self.transition(packed, half_open),
                    };
                }
                State::HalfOpen => {
                    if !self.apply_timeouts(now) {
                        match self.request_probe(packed, now) {
                            ProbeGrant::Granted => return Ok(packed.generation()),
                            ProbeGrant::NoneFree => return Err(self.deny(packed, now)),
                            ProbeGrant::CycleEnded => {}
                        }
                    }
                }
            }
            packed = self.packed();
        }
    }

    /// Counts a rejected call, and returns why it is rejected.
    pub(crate) fn deny(&self, packed: PackedState, now: u64) -> Denied {
        self.write_hot.rejected.fetch_add(1, Ordering::Relaxed);
        let denied = self.denied(packed, now);
        self.measure(|metrics| metrics.record_rejected(denied.state));
        denied
    }

    /// Rejects a call whose service was not polled for readiness, in any state.
    #[cold]
    pub(crate) fn reject(&self, now: u64) -> Denied {
        let packed = self.packed();
        if !matches!(
            packed.state(),
            State::Closed | State::Disabled | State::DryRun
        ) {
            return self.deny(packed, now);
        }
        // The breaker has closed after `poll_ready`. A retry may succeed immediately.
        self.write_hot.rejected.fetch_add(1, Ordering::Relaxed);
        self.measure(|metrics| metrics.record_rejected(State::Open));
        Denied {
            state: State::Open,
            retry_after: Some(Duration::ZERO),
        }
    }

    fn denied(&self, packed: PackedState, now: u64) -> Denied {
        let state = packed.state();
        let retry_after = match state {
            State::Open => remaining(packed.deadline(), now),
            // The time at which the probes decide is unknown, so the base open duration is a guess.
            State::HalfOpen => Some(Duration::from_millis(self.rules().open_duration)),
            _ => None,
        };
        Denied { state, retry_after }
    }

    /// Returns why a call at `now` would be rejected, if it would. Changes nothing.
    pub(crate) fn denial(&self, now: u64) -> Option<Denied> {
        let packed = self.packed();
        if packed.is_closed() {
            return None;
        }
        let (now_millis, rules) = (floor_millis(now), self.cycle_rules(packed));
        let rejects = match packed.state() {
            State::Closed | State::Disabled | State::DryRun => false,
            State::ForcedOpen => true,
            State::Open => now_millis < packed.deadline(),
            State::HalfOpen => match self.expire(packed, now_millis, 0) {
                // It opens as of its deadline, and that open duration may have elapsed too.
                Some(next) => next.to == State::Open && now_millis < next.deadline,
                None => self
                    .probes(packed)
                    .is_none_or(|probes| probes.issued >= rules.half_open_calls),
            },
        };
        rejects.then(|| self.denied(packed, now))
    }

    /// Makes the transitions that are due, and returns whether there were any.
    ///
    /// Loops, because the open duration after an expired half-open cycle may have elapsed too.
    pub(crate) fn apply_timeouts(&self, now: u64) -> bool {
        let mut moved = false;
        loop {
            let packed = self.packed();
            let random = self.random_u32(packed.generation());
            match self.expire(packed, floor_millis(now), random) {
                None => return moved,
                // If the exchange fails, another thread has made the transition.
                Some(next) => {
                    self.transition(packed, next);
                    moved = true;
                }
            }
        }
    }

    /// Returns the transition that is due at `now` without a call, if any.
    ///
    /// An expired half-open cycle closes the breaker if the calls in progress have good headers and would
    /// be enough as successes. Otherwise responses without an end would open it again and again.
    fn expire(&self, packed: PackedState, now: u64, random: u32) -> Option<Move> {
        let rules = self.cycle_rules(packed);
        let next = rules.expire(packed, now, self.times_opened(), random)?;
        if packed.state() != State::HalfOpen || next.to != State::Open {
            return Some(next);
        }
        let Some(mut probes) = self.probes(packed) else {
            return Some(next);
        };
        probes.completed += self.accepted_probes(packed.generation());
        match rules.evaluate_probes(&probes) {
            Some(reason @ Reason::ProbesSucceeded) => Some(Move::to(State::Closed, reason)),
            _ => Some(next),
        }
    }

    /// Returns the probes of a half-open cycle, or `None` if it has ended.
    pub(crate) fn probes(&self, packed: PackedState) -> Option<Probes> {
        let bits = self.write_hot.probes.load(Ordering::Acquire);
        Probes::from_bits(bits).in_generation(packed.generation())
    }

    fn request_probe(&self, packed: PackedState, now: u64) -> ProbeGrant {
        let mut bits = self.write_hot.probes.load(Ordering::Acquire);
        loop {
            let Some(probes) = Probes::from_bits(bits).in_generation(packed.generation()) else {
                return ProbeGrant::CycleEnded;
            };
            let Some(next) = probes.issue(self.cycle_rules(packed).half_open_calls) else {
                // The thread of the last result may not have made the transition yet.
                return if self.decide_half_open(packed, &probes, None, now) {
                    ProbeGrant::CycleEnded
                } else {
                    ProbeGrant::NoneFree
                };
            };
            match self.swap_probes(bits, next) {
                Ok(()) => return ProbeGrant::Granted,
                Err(current) => bits = current,
            }
        }
    }

    /// Releases the permit of a call without a result, if it is a probe of the current cycle.
    pub(crate) fn release(&self, generation: u32, now: impl Fn() -> u64) {
        let packed = self.packed();
        if packed.state() != State::HalfOpen
            || self.apply_timeouts(now())
            || packed.generation() != generation
        {
            return;
        }
        let mut bits = self.write_hot.probes.load(Ordering::Acquire);
        loop {
            let probes = Probes::from_bits(bits);
            if probes.generation != generation {
                return;
            }
            match self.swap_probes(bits, probes.release()) {
                Ok(()) => break,
                Err(current) => bits = current,
            }
        }
        self.waiters.wake_all();
    }

    /// Replaces the probes, or returns the current ones.
    ///
    /// AcqRel: the thread whose result completes the cycle has seen the results of all others.
    pub(super) fn swap_probes(&self, from: u64, to: Probes) -> Result<(), u64> {
        self.write_hot
            .probes
            .compare_exchange(from, to.bits(), Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }
}
