//! Votes: what the end of a call changes.

use std::time::Duration;

use super::{Core, begun, lane};
use crate::machine::{Move, Probes, Word};
use crate::sync::{Ordering, fence};
use crate::{Ballot, Counts, Reason, State, Vote};

// === impl Core ===

impl Core {
    /// The vote of a call that was admitted in that generation. `now` is asked for where time
    /// matters: not by a window that counts calls.
    #[inline]
    pub(crate) fn vote(&self, generation: u32, ballot: Ballot, slow: bool, now: impl Fn() -> u64) {
        let vote = ballot.vote;
        if let Some(metrics) = &self.metrics {
            metrics.voted(vote, slow);
        }
        let word = self.word();
        if word.is_closed_in(generation) && vote != Vote::Ignore {
            return self.count(word, ballot, slow, now);
        }
        self.vote_by_state(word, generation, ballot, slow, now);
    }

    #[cold]
    fn vote_by_state(
        &self,
        word: Word,
        generation: u32,
        ballot: Ballot,
        slow: bool,
        now: impl Fn() -> u64,
    ) {
        if ballot.vote == Vote::Ignore {
            return self.release(generation, now);
        }
        if word.generation() != generation {
            return self.late(now());
        }
        match word.state() {
            State::Closed | State::Observing => self.count(word, ballot, slow, now),
            State::HalfOpen => self.vote_of_probe(word, ballot, slow, now()),
            // Nobody was admitted, or nobody counts.
            State::Open | State::ForcedOpen | State::Disabled => {}
        }
    }

    /// A result of a generation that is over: dropped, but not in silence.
    #[cold]
    fn late(&self, now: u64) {
        self.pass_time(now);
        self.changing.late.fetch_add(1, Ordering::Relaxed);
        if let Some(metrics) = &self.metrics {
            metrics.late();
        }
    }

    /// Counts a result in the window, and judges the window where this result can have changed what
    /// it says.
    #[inline]
    fn count(&self, word: Word, ballot: Ballot, slow: bool, now: impl Fn() -> u64) {
        let Ballot { vote, .. } = ballot;
        let (generation, fail) = (word.generation(), vote.fails());
        if self.hot.knobs.consecutive.load(Ordering::Relaxed) != 0 {
            match vote {
                Vote::Success => self.changing.run.succeeded(generation),
                Vote::Failure => {
                    let run = self.changing.run.failed(generation);
                    if self.rules().judge_run(run) {
                        // The window too: when only observed, it goes on.
                        let counts = self.record(generation, slow, &now);
                        let reason = Reason::ConsecutiveFailures;
                        return self.trip(word, reason, counts, ballot.retry_after, now());
                    }
                }
                _ => {}
            }
        }
        let Some(window) = self.hot.windows.current() else {
            return;
        };
        let tick = window.tick(&now);
        window.record(lane(), generation, tick, fail, slow);
        // A failure or a slow call raises a share, and a success may be the one that completes the
        // minimum, or the first of a bucket that pushes older ones out; any other changes nothing.
        let mark = mark(generation, tick);
        if fail || slow || self.hot.quiet.load(Ordering::Relaxed) != mark {
            self.judge(word, mark, tick, ballot.retry_after, now());
        }
    }

    /// Counts a failure, and gives what the window holds with it.
    #[cold]
    fn record(&self, generation: u32, slow: bool, now: impl Fn() -> u64) -> Counts {
        self.hot
            .windows
            .current()
            .map_or_else(Counts::default, |window| {
                let tick = window.tick(now);
                window.record(lane(), generation, tick, true, slow);
                window.counts(generation, tick)
            })
    }

    #[cold]
    #[inline(never)]
    fn judge(&self, word: Word, mark: u64, tick: u64, wish: Option<Duration>, now: u64) {
        let Some(window) = self.hot.windows.current() else {
            return;
        };
        // Of two that record at once, one at least finds the other's result.
        fence(Ordering::SeqCst);
        let rules = self.rules();
        let counts = window.counts(word.generation(), tick);
        match rules.judge(&counts) {
            Some(reason) => self.trip(word, reason, counts, wish, now),
            None => {
                let enough = counts.calls >= u64::from(rules.minimum);
                if enough && self.hot.quiet.load(Ordering::Relaxed) != mark {
                    self.hot.quiet.store(mark, Ordering::Relaxed);
                }
            }
        }
    }

    /// Opens, unless it only observes, or too many are open.
    fn trip(&self, word: Word, reason: Reason, counts: Counts, wish: Option<Duration>, now: u64) {
        if word.state() == State::Observing {
            return self.spare(word, reason);
        }
        let opened = self.opened() + 1;
        let dice = self.dice(word.generation());
        let open = self
            .rules()
            .open(reason, begun(now), opened, wish, dice)
            .with_counts(counts);
        if let Some(fleet) = &self.fleet {
            if !fleet.open() {
                return self.spare(word, reason);
            }
            if !self.transit_alone(word, open) {
                fleet.close();
            }
        } else {
            self.transit_alone(word, open);
        }
    }

    /// It would have opened. Told once in a generation.
    fn spare(&self, word: Word, reason: Reason) {
        let mark = word.generation() + 1;
        if self.changing.spared_in.swap(mark, Ordering::Relaxed) == mark {
            return;
        }
        self.changing.spared.fetch_add(1, Ordering::Relaxed);
        if let Some(metrics) = &self.metrics {
            metrics.spared(reason);
        }
        tracing::warn!(
            breaker = &*self.name,
            state = word.state().as_str(),
            reason = reason.as_str(),
            "circuit breaker would have opened"
        );
    }

    #[cold]
    fn vote_of_probe(&self, word: Word, ballot: Ballot, slow: bool, now: u64) {
        if self.pass_time(now) {
            return self.late(now);
        }
        let mut bits = self.changing.probes.load(Ordering::Acquire);
        let probes = loop {
            let probes = Probes::from_bits(bits);
            if probes.generation != word.generation() {
                return self.late(now);
            }
            let next = probes.vote(ballot.vote.fails(), slow);
            match self.swap_probes(bits, next) {
                Ok(()) => break next,
                Err(now) => bits = now,
            }
        };
        self.settle(word, &probes, ballot.retry_after, now);
    }

    /// Closes or opens as the probes say; false if they do not say yet. If another was quicker, or
    /// the time was over, that holds.
    pub(super) fn settle(
        &self,
        word: Word,
        probes: &Probes,
        wish: Option<Duration>,
        now: u64,
    ) -> bool {
        let rules = self.cycle_rules(word);
        let Some(reason) = rules.verdict(probes) else {
            return false;
        };
        let counts = Counts {
            calls: probes.voted.into(),
            failures: probes.failed.into(),
            slow: probes.slow.into(),
        };
        let next = if reason == Reason::ProbesSucceeded {
            Move::to(State::Closed, reason)
        } else {
            let dice = self.dice(word.generation());
            rules.open(reason, begun(now), self.opened() + 1, wish, dice)
        };
        self.transit(word, next.with_counts(counts));
        true
    }

    /// Whether a call that took so long was slow.
    #[inline]
    pub(crate) fn is_slow(&self, nanos: u64) -> bool {
        nanos > self.hot.knobs.slow_after.load(Ordering::Relaxed)
    }

    /// What the window holds now.
    pub(crate) fn counts(&self, now: u64) -> Counts {
        let word = self.word();
        match self.hot.windows.current() {
            Some(window) if word.state().counts() => {
                let tick = window.tick(|| now);
                window.counts(word.generation(), tick)
            }
            _ => Counts::default(),
        }
    }
}

/// Generation and tick in a word; the tick wraps after 2⁴³ buckets.
#[inline]
fn mark(generation: u32, tick: u64) -> u64 {
    u64::from(generation) << 43 | tick & ((1 << 43) - 1)
}
