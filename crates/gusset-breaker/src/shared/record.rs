//! Recording of results.

use std::time::Duration;

use super::{Core, ceil_millis, shard_index};
use crate::machine::{Move, PackedState, Probes};
use crate::metrics::Metrics;
use crate::sync::{Ordering, fence};
use crate::{CallReport, CallResult, Counts, Reason, State};

// === impl Core ===

impl Core {
    /// Records the result of a call that was admitted in this generation.
    ///
    /// Calls `now` only where the time matters: not for a count window.
    #[inline]
    pub(crate) fn record(
        &self,
        generation: u32,
        report: CallReport,
        slow: bool,
        now: impl Fn() -> u64,
    ) {
        let result = report.result;
        self.measure(|metrics| metrics.record_call(result, slow));
        let packed = self.packed();
        if packed.is_closed_in(generation) && result != CallResult::Ignored {
            return self.count(packed, report, slow, now);
        }
        self.record_by_state(packed, generation, report, slow, now);
    }

    #[cold]
    fn record_by_state(
        &self,
        packed: PackedState,
        generation: u32,
        report: CallReport,
        slow: bool,
        now: impl Fn() -> u64,
    ) {
        if report.result == CallResult::Ignored {
            return self.release(generation, now);
        }
        if packed.generation() != generation {
            return self.record_stale(now());
        }
        match packed.state() {
            State::Closed | State::DryRun => self.count(packed, report, slow, now),
            State::HalfOpen => self.record_probe(packed, report, slow, now()),
            // These states admit no calls, or count none.
            State::Open | State::ForcedOpen | State::Disabled => {}
        }
    }

    /// Counts a call in progress as a success. Returns whether it was counted, in this generation or as
    /// stale.
    ///
    /// Its metrics are recorded when it completes. Unless `in_every_state`, only a half-open call counts.
    #[cold]
    pub(crate) fn record_early(
        &self,
        generation: u32,
        in_every_state: bool,
        slow: bool,
        now: impl Fn() -> u64,
    ) -> bool {
        let packed = self.packed();
        let report = CallReport::new(CallResult::Success);
        match packed.state() {
            _ if packed.generation() != generation => false,
            State::HalfOpen => {
                self.record_probe(packed, report, slow, now());
                true
            }
            State::Closed | State::DryRun if in_every_state => {
                self.count(packed, report, slow, now);
                true
            }
            _ => false,
        }
    }

    /// Records the completion of a call that was counted early. A failure counts too, if no transition
    /// has been made in the meantime.
    #[cold]
    pub(crate) fn record_again(
        &self,
        generation: u32,
        report: CallReport,
        slow: bool,
        now: impl Fn() -> u64,
    ) {
        self.measure(|metrics| metrics.record_call(report.result, slow));
        let packed = self.packed();
        let counts = matches!(packed.state(), State::Closed | State::DryRun);
        if report.result.is_failure() && counts && packed.generation() == generation {
            self.count(packed, report, false, now);
        }
    }

    /// Counts a call that was cancelled before its response headers, and warns once if that is frequent:
    /// the calls of a client with its own timeout are never counted.
    #[cold]
    pub(crate) fn record_cancelled(&self, now: u64) {
        const MINUTE: u64 = 60_000_000_000;
        const WARNED: u64 = u64::MAX;
        const FREQUENT: u64 = 20;
        let minute = now / MINUTE;
        let cancelled = &self.write_hot.cancelled;
        // `minute:32 | calls:32`. Relaxed: the word guards nothing but itself.
        let next = |word: u64| {
            let calls = if word >> 32 == minute {
                word & 0xFFFF_FFFF
            } else {
                0
            };
            (word != WARNED).then_some(minute << 32 | (calls + 1))
        };
        let Ok(previous) = cancelled.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
        else {
            return;
        };
        let calls = next(previous).unwrap_or_default() & 0xFFFF_FFFF;
        if calls < FREQUENT || calls < self.counts(now).calls {
            return;
        }
        if cancelled.swap(WARNED, Ordering::Relaxed) != WARNED {
            tracing::warn!(
                target: crate::TARGET,
                {
                    gusset.breaker.name = &*self.name,
                    gusset.breaker.calls = calls,
                },
                "calls are often cancelled before their response and are not counted: \
                 put the timeout inside the circuit breaker, or set `slow_cancelled_is_failure`"
            );
        }
    }

    /// Counts a result of an earlier generation as stale.
    #[cold]
    fn record_stale(&self, now: u64) {
        self.apply_timeouts(now);
        self.write_hot.stale.fetch_add(1, Ordering::Relaxed);
        self.measure(Metrics::record_stale);
    }

    /// Counts a result in the window, and evaluates the window if this result can change the decision.
    #[inline]
    fn count(&self, packed: PackedState, report: CallReport, slow: bool, now: impl Fn() -> u64) {
        let CallReport { result, .. } = report;
        let (generation, fail) = (packed.generation(), result.is_failure());
        let rules = &self.read_mostly.rules;
        if rules.consecutive_failures.load(Ordering::Relaxed) != 0 {
            let consecutive = &self.write_hot.consecutive;
            match result {
                CallResult::Success => consecutive.record_success(generation),
                CallResult::Failure => {
                    let failures = consecutive.record_failure(generation);
                    if self.rules().evaluate_consecutive(failures) {
                        // The window is needed too, because a dry run continues.
                        let counts = self.count_failure(generation, slow, &now);
                        let reason = Reason::ConsecutiveFailures;
                        return self.trip(packed, reason, counts, report.retry_after, now());
                    }
                }
                _ => {}
            }
        }
        let Some(window) = self.read_mostly.windows.current() else {
            return;
        };
        let tick = window.tick(&now);
        window.record(shard_index(), generation, tick, fail, slow);
        // A failure or a slow call raises a rate. A success matters if it completes the minimum number
        // of calls, or if it is the first of a tick and pushes out older successes.
        let mark = evaluation_mark(generation, tick);
        if fail || slow || self.read_mostly.evaluated.load(Ordering::Relaxed) != mark {
            self.evaluate(packed, mark, tick, report.retry_after, now());
        }
    }

    /// Counts a failure in the window, and returns its counts.
    #[cold]
    fn count_failure(&self, generation: u32, slow: bool, now: impl Fn() -> u64) -> Counts {
        self.read_mostly
            .windows
            .current()
            .map_or_else(Counts::default, |window| {
                let tick = window.tick(now);
                window.record(shard_index(), generation, tick, true, slow);
                window.counts(generation, tick)
            })
    }

    #[cold]
    #[inline(never)]
    fn evaluate(
        &self,
        packed: PackedState,
        mark: u64,
        tick: u64,
        retry_after: Option<Duration>,
        now: u64,
    ) {
        let Some(window) = self.read_mostly.windows.current() else {
            return;
        };
        // Each thread writes its result, passes this fence, and reads all results. Of two threads, at
        // least one sees the result of the other (C++20 [atomics.order], the store-buffering test). The
        // last of several concurrent failures therefore opens the breaker.
        fence(Ordering::SeqCst);
        let rules = self.rules();
        let counts = window.counts(packed.generation(), tick);
        match rules.evaluate(&counts) {
            Some(reason) => self.trip(packed, reason, counts, retry_after, now),
            None => {
                let evaluated = &self.read_mostly.evaluated;
                let enough = counts.calls >= u64::from(rules.minimum_calls);
                // Not written if it is unchanged, because every call reads this cache line.
                if enough && evaluated.load(Ordering::Relaxed) != mark {
                    evaluated.store(mark, Ordering::Relaxed);
                }
            }
        }
    }

    /// Opens the breaker, except in a dry run or if too many breakers are open.
    fn trip(
        &self,
        packed: PackedState,
        reason: Reason,
        counts: Counts,
        retry_after: Option<Duration>,
        now: u64,
    ) {
        if packed.state() == State::DryRun {
            return self.suppress_trip(packed, reason);
        }
        let times_opened = self.times_opened() + 1;
        let random = self.random_u32(packed.generation());
        let open = self
            .rules()
            .open(reason, ceil_millis(now), times_opened, retry_after, random)
            .with_counts(counts);
        if let Some(budget) = &self.open_budget {
            if !budget.try_open() {
                return self.suppress_trip(packed, reason);
            }
            if !self.transition_within_budget(packed, open) {
                budget.close();
            }
        } else {
            self.transition_within_budget(packed, open);
        }
    }

    /// Reports that the breaker would have opened, once per generation.
    fn suppress_trip(&self, packed: PackedState, reason: Reason) {
        let generation = packed.generation() + 1;
        let suppressed_in = &self.write_hot.suppressed_in;
        if suppressed_in.swap(generation, Ordering::Relaxed) == generation {
            return;
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        self.measure(|metrics| metrics.record_suppressed_trip(reason));
        tracing::warn!(
            target: crate::TARGET,
            {
                gusset.breaker.name = &*self.name,
                gusset.breaker.state = packed.state().as_str(),
                gusset.breaker.reason = reason.as_str(),
            },
            "circuit breaker would have opened"
        );
    }

    #[cold]
    fn record_probe(&self, packed: PackedState, report: CallReport, slow: bool, now: u64) {
        if self.apply_timeouts(now) {
            return self.record_stale(now);
        }
        let mut bits = self.write_hot.probes.load(Ordering::Acquire);
        let probes = loop {
            let probes = Probes::from_bits(bits);
            if probes.generation != packed.generation() {
                return self.record_stale(now);
            }
            let next = probes.record(report.result.is_failure(), slow);
            match self.swap_probes(bits, next) {
                Ok(()) => break next,
                Err(current) => bits = current,
            }
        };
        self.decide_half_open(packed, &probes, report.retry_after, now);
    }

    /// Closes or opens the breaker if the probes have decided, and returns whether they have.
    ///
    /// If another thread has made a transition before, that one holds.
    pub(super) fn decide_half_open(
        &self,
        packed: PackedState,
        probes: &Probes,
        retry_after: Option<Duration>,
        now: u64,
    ) -> bool {
        let rules = self.cycle_rules(packed);
        let Some(reason) = rules.evaluate_probes(probes) else {
            return false;
        };
        let counts = Counts {
            calls: probes.completed.into(),
            failures: probes.failed.into(),
            slow: probes.slow.into(),
        };
        let next = if reason == Reason::ProbesSucceeded {
            Move::to(State::Closed, reason)
        } else {
            let random = self.random_u32(packed.generation());
            let times_opened = self.times_opened() + 1;
            rules.open(reason, ceil_millis(now), times_opened, retry_after, random)
        };
        self.transition(packed, next.with_counts(counts));
        true
    }

    /// Returns whether a call of this duration is slow.
    #[inline]
    pub(crate) fn is_slow(&self, nanos: u64) -> bool {
        nanos
            > self
                .read_mostly
                .rules
                .slow_threshold
                .load(Ordering::Relaxed)
    }

    /// Returns the counts of the window at `now`.
    pub(crate) fn counts(&self, now: u64) -> Counts {
        let packed = self.packed();
        match self.read_mostly.windows.current() {
            Some(window) if packed.state().counts_results() => {
                let tick = window.tick(|| now);
                window.counts(packed.generation(), tick)
            }
            _ => Counts::default(),
        }
    }
}

/// Packs generation and tick: `generation:21 | tick:43`. The tick wraps after 2⁴³ buckets.
#[inline]
fn evaluation_mark(generation: u32, tick: u64) -> u64 {
    u64::from(generation) << 43 | tick & ((1 << 43) - 1)
}
