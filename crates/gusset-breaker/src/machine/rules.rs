//! The decisions of a breaker, as functions of counts and of a given time.

use std::time::Duration;

use super::packed_state::{NEVER, PackedState};
use super::probes::Probes;
use crate::{Counts, Reason, State};

/// The rules of a breaker. Durations are in milliseconds, except for `slow_threshold`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    /// The number of calls in the window below which its rates are not evaluated.
    pub(crate) minimum_calls: u32,
    pub(crate) failure_rate: Option<Ratio>,
    pub(crate) slow_rate: Option<Ratio>,
    /// Nanoseconds. `u64::MAX` if slow calls are not measured.
    pub(crate) slow_threshold: u64,
    /// 0 if consecutive failures are not limited.
    pub(crate) consecutive_failures: u32,
    pub(crate) half_open_calls: u32,
    /// Whether the first failed probe opens the breaker.
    pub(crate) any_failure_opens: bool,
    pub(crate) max_half_open: u64,
    pub(crate) close_on_timeout: bool,
    pub(crate) open_duration: u64,
    pub(crate) multiplier: f64,
    pub(crate) max_open: u64,
    /// The longest retry delay of the remote service that is honoured, or 0.
    pub(crate) max_retry_after: u64,
    pub(crate) jitter: Ratio,
    pub(crate) auto_half_open: bool,
    pub(crate) slow_includes_body: bool,
    pub(crate) slow_cancelled_is_failure: bool,
}

/// A ratio in parts of 10⁹. Integer comparison makes two of three calls reach two thirds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ratio(pub(crate) u32);

/// A transition that is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Move {
    pub(crate) to: State,
    pub(crate) reason: Reason,
    pub(crate) deadline: u64,
    /// Set if the breaker opens.
    pub(crate) open_duration: Option<u64>,
    /// How often the breaker has opened since it was last closed.
    pub(crate) times_opened: u32,
    pub(crate) counts: Counts,
}

// === impl Ratio ===

impl Ratio {
    pub(crate) const ONE: u32 = 1_000_000_000;

    /// Converts a fraction. Rounds down, so that a threshold is never above the configured one.
    pub(crate) fn from_f64(fraction: f64) -> Self {
        Self((fraction * f64::from(Self::ONE)) as u32)
    }

    /// Returns whether `part` of `whole` is at least this ratio. Inclusive, so that 1.0 is reachable.
    pub(crate) fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::ONE) >= u128::from(self.0) * u128::from(whole)
    }
}

// === impl Move ===

impl Move {
    pub(crate) fn to(to: State, reason: Reason) -> Self {
        Self {
            to,
            reason,
            deadline: NEVER,
            open_duration: None,
            times_opened: 0,
            counts: Counts::default(),
        }
    }

    pub(crate) fn with_counts(self, counts: Counts) -> Self {
        Self { counts, ..self }
    }
}

// === impl Rules ===

impl Rules {
    /// Returns why the counts of the window open the breaker, if they do.
    pub(crate) fn evaluate(&self, counts: &Counts) -> Option<Reason> {
        if counts.calls == 0 || counts.calls < u64::from(self.minimum_calls) {
            return None;
        }
        let reached = |threshold: Option<Ratio>, part| {
            threshold.is_some_and(|threshold| threshold.is_reached(part, counts.calls))
        };
        if reached(self.failure_rate, counts.failures) {
            Some(Reason::FailureRate)
        } else if reached(self.slow_rate, counts.slow) {
            Some(Reason::SlowCallRate)
        } else {
            None
        }
    }

    /// Returns whether this number of consecutive failures opens the breaker.
    pub(crate) fn evaluate_consecutive(&self, failures: u32) -> bool {
        self.consecutive_failures != 0 && failures >= self.consecutive_failures
    }

    /// Returns the decision of the probes, if it is made.
    ///
    /// All must complete, except that the first failure decides with `any_failure_opens`.
    pub(crate) fn evaluate_probes(&self, probes: &Probes) -> Option<Reason> {
        if self.any_failure_opens && probes.failed > 0 {
            return Some(Reason::ProbesFailed);
        }
        if probes.completed < self.half_open_calls {
            return None;
        }
        let reached = |threshold: Option<Ratio>, part: u32| {
            threshold
                .is_some_and(|threshold| threshold.is_reached(part.into(), probes.completed.into()))
        };
        let failed =
            reached(self.failure_rate, probes.failed) || reached(self.slow_rate, probes.slow);
        Some(if failed {
            Reason::ProbesFailed
        } else {
            Reason::ProbesSucceeded
        })
    }

    /// Returns the transition that is due at `now` without a call, if any.
    ///
    /// An expired half-open cycle opens the breaker as of its deadline, not as of `now`. The next call
    /// after a long pause may therefore be a probe.
    pub(crate) fn expire(
        &self,
        packed: PackedState,
        now: u64,
        times_opened: u32,
        random: u32,
    ) -> Option<Move> {
        if now < packed.deadline() || packed.deadline() == NEVER {
            return None;
        }
        match packed.state() {
            State::HalfOpen if self.close_on_timeout => {
                Some(Move::to(State::Closed, Reason::HalfOpenTimeout))
            }
            State::HalfOpen => {
                let reason = Reason::HalfOpenTimeout;
                Some(self.open(reason, packed.deadline(), times_opened + 1, None, random))
            }
            State::Open if self.auto_half_open => Some(self.half_open(now, times_opened)),
            _ => None,
        }
    }

    /// Returns the transition that a call at `now` causes: to half-open, at or after the deadline.
    pub(crate) fn on_call(&self, packed: PackedState, now: u64, times_opened: u32) -> Option<Move> {
        let expired = packed.state() == State::Open && now >= packed.deadline();
        expired.then(|| self.half_open(now, times_opened))
    }

    pub(crate) fn half_open(&self, now: u64, times_opened: u32) -> Move {
        Move {
            deadline: now.saturating_add(self.max_half_open).min(NEVER),
            times_opened,
            ..Move::to(State::HalfOpen, Reason::OpenDurationElapsed)
        }
    }

    /// Returns the transition that opens the breaker at `now`.
    pub(crate) fn open(
        &self,
        reason: Reason,
        now: u64,
        times_opened: u32,
        retry_after: Option<Duration>,
        random: u32,
    ) -> Move {
        let open_duration = self.open_duration(times_opened, retry_after, random);
        Move {
            // Below `NEVER`: only a forced open state has no deadline.
            deadline: now.saturating_add(open_duration).min(NEVER - 1),
            open_duration: Some(open_duration),
            times_opened,
            ..Move::to(State::Open, reason)
        }
    }

    /// Returns the open duration with backoff, the requested retry delay, and jitter.
    ///
    /// The delay and the jitter only lengthen it, so the remote service is not called early.
    fn open_duration(&self, times_opened: u32, retry_after: Option<Duration>, random: u32) -> u64 {
        let steps = i32::try_from(times_opened.saturating_sub(1)).unwrap_or(i32::MAX);
        // The cast saturates, so infinity becomes the maximum.
        let backed_off = (self.open_duration as f64 * self.multiplier.powi(steps)).round() as u64;
        let mut duration = backed_off.clamp(self.open_duration.min(self.max_open), self.max_open);
        if self.max_retry_after > 0 {
            let requested = retry_after.map_or(0, |after| {
                u64::try_from(after.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
            });
            duration = duration.max(requested).min(self.max_retry_after);
        }
        let ratio = (u128::from(self.jitter.0) * u128::from(random)) >> 32;
        let jitter = u128::from(duration) * ratio / u128::from(Ratio::ONE);
        duration.saturating_add(jitter as u64)
    }
}
