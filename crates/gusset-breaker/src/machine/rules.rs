//! What a breaker decides, and when: functions of what was counted and of a `now` that is given.

use std::time::Duration;

use super::probes::Probes;
use super::word::{NEVER, Word};
use crate::{Counts, Reason, State};

/// The rules of a breaker, as its machine takes them. Times are milliseconds, but for `slow_after`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    /// Results in the window before its shares are looked at.
    pub(crate) minimum: u32,
    pub(crate) failure_rate: Option<Share>,
    pub(crate) slow_rate: Option<Share>,
    /// Nanoseconds; a call is slow if it takes longer.
    pub(crate) slow_after: u64,
    /// So many failures in a row; 0 for no such rule.
    pub(crate) consecutive: u32,
    pub(crate) probes: u32,
    /// The first probe that fails opens.
    pub(crate) strict: bool,
    pub(crate) half_open_for: u64,
    /// Closes, and does not open, when the half-open time is over.
    pub(crate) overdue_closes: bool,
    pub(crate) open_for: u64,
    pub(crate) multiplier: f64,
    pub(crate) open_most: u64,
    /// The longest that the remote's own wish may make it; 0 if that is not honoured.
    pub(crate) wish_most: u64,
    pub(crate) jitter: Share,
    /// A tick moves from open to half-open, without a call.
    pub(crate) auto: bool,
    pub(crate) slow_at_end: bool,
    pub(crate) slow_cancels: bool,
}

/// A share of calls, in parts of 10⁹: compared in integers, so that a limit of two thirds is reached
/// by two of three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Share(pub(crate) u32);

/// A move that is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Move {
    pub(crate) to: State,
    pub(crate) reason: Reason,
    pub(crate) deadline: u64,
    /// Set where it opens: how long for.
    pub(crate) open_for: Option<u64>,
    /// Opens since it was last closed.
    pub(crate) opened: u32,
    pub(crate) counts: Counts,
}

// === impl Share ===

impl Share {
    pub(crate) const WHOLE: u32 = 1_000_000_000;

    /// Rounded down, so that no limit is above the one that was asked for.
    pub(crate) fn of(fraction: f64) -> Self {
        Self((fraction * f64::from(Self::WHOLE)) as u32)
    }

    /// Whether `part` of `whole` is this share or more (`>=`, or all of the calls could not
    /// be a limit).
    pub(crate) fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::WHOLE) >= u128::from(self.0) * u128::from(whole)
    }
}

// === impl Move ===

impl Move {
    pub(crate) fn to(to: State, reason: Reason) -> Self {
        Self {
            to,
            reason,
            deadline: NEVER,
            open_for: None,
            opened: 0,
            counts: Counts::default(),
        }
    }

    pub(crate) fn with_counts(self, counts: Counts) -> Self {
        Self { counts, ..self }
    }
}

// === impl Rules ===

impl Rules {
    /// Why the window's counts open it, if they do.
    pub(crate) fn judge(&self, counts: &Counts) -> Option<Reason> {
        if counts.calls == 0 || counts.calls < u64::from(self.minimum) {
            return None;
        }
        let reached = |limit: Option<Share>, part| {
            limit.is_some_and(|limit| limit.is_reached(part, counts.calls))
        };
        if reached(self.failure_rate, counts.failures) {
            Some(Reason::FailureRate)
        } else if reached(self.slow_rate, counts.slow) {
            Some(Reason::SlowCallRate)
        } else {
            None
        }
    }

    /// Whether so many failures in a row open it.
    pub(crate) fn judge_run(&self, run: u32) -> bool {
        self.consecutive != 0 && run >= self.consecutive
    }

    /// What the probes decide, if they do: all have to vote, but for the first failure under the
    /// strict policy.
    pub(crate) fn verdict(&self, probes: &Probes) -> Option<Reason> {
        if self.strict && probes.failed > 0 {
            return Some(Reason::ProbesFailed);
        }
        if probes.voted < self.probes {
            return None;
        }
        let reached = |limit: Option<Share>, part: u32| {
            limit.is_some_and(|limit| limit.is_reached(part.into(), probes.voted.into()))
        };
        let failed =
            reached(self.failure_rate, probes.failed) || reached(self.slow_rate, probes.slow);
        Some(if failed {
            Reason::ProbesFailed
        } else {
            Reason::ProbesSucceeded
        })
    }

    /// The move that `now` asks for without any call, if there is one.
    ///
    /// A half-open cycle that waited enough opens as of its deadline and not as of whoever noticed,
    /// so that the next call after a long silence may probe at once.
    pub(crate) fn overdue(&self, word: Word, now: u64, opened: u32, dice: u32) -> Option<Move> {
        if now < word.deadline() || word.deadline() == NEVER {
            return None;
        }
        match word.state() {
            State::HalfOpen if self.overdue_closes => {
                Some(Move::to(State::Closed, Reason::HalfOpenTimeOver))
            }
            State::HalfOpen => {
                let reason = Reason::HalfOpenTimeOver;
                Some(self.open(reason, word.deadline(), opened + 1, None, dice))
            }
            State::Open if self.auto => Some(self.half_open(now, opened)),
            _ => None,
        }
    }

    /// The move that a call at `now` asks for: the end of the open time (inclusive).
    pub(crate) fn on_call(&self, word: Word, now: u64, opened: u32) -> Option<Move> {
        let over = word.state() == State::Open && now >= word.deadline();
        over.then(|| self.half_open(now, opened))
    }

    pub(crate) fn half_open(&self, now: u64, opened: u32) -> Move {
        Move {
            deadline: now.saturating_add(self.half_open_for).min(NEVER),
            opened,
            ..Move::to(State::HalfOpen, Reason::OpenTimeOver)
        }
    }

    /// Opens as of `at`, for the `opened`-th time since it was last closed.
    pub(crate) fn open(
        &self,
        reason: Reason,
        at: u64,
        opened: u32,
        wish: Option<Duration>,
        dice: u32,
    ) -> Move {
        let open_for = self.delay(opened, wish, dice);
        Move {
            // A deadline is a moment that comes: an open breaker without end is forced open.
            deadline: at.saturating_add(open_for).min(NEVER - 1),
            open_for: Some(open_for),
            opened,
            ..Move::to(State::Open, reason)
        }
    }

    /// How long it opens for the `opened`-th time: backed off, lengthened by chance, and never
    /// shorter than the remote wished within the cap (a wish may only lengthen).
    fn delay(&self, opened: u32, wish: Option<Duration>, dice: u32) -> u64 {
        let steps = i32::try_from(opened.saturating_sub(1)).unwrap_or(i32::MAX);
        // Saturates at the cap, also from infinity.
        let backed_off = (self.open_for as f64 * self.multiplier.powi(steps)).round() as u64;
        let mut delay = backed_off.clamp(self.open_for.min(self.open_most), self.open_most);
        if self.wish_most > 0 {
            let wish = wish.map_or(0, |wish| {
                u64::try_from(wish.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
            });
            delay = delay.max(wish).min(self.wish_most);
        }
        let chance = (u128::from(self.jitter.0) * u128::from(dice)) >> 32;
        let longer = u128::from(delay) * chance / u128::from(Share::WHOLE);
        delay.saturating_add(longer as u64)
    }
}
