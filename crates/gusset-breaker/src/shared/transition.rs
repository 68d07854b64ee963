//! Transitions from one state to another.

use std::time::Duration;

use super::Core;
use crate::machine::{Move, PackedState};
use crate::sync::Ordering;
use crate::{State, Transition};

// === impl Core ===

impl Core {
    /// Makes a transition, and returns whether this thread made it.
    ///
    /// It fails if the state is not `from` any more. All side effects belong to the thread that made the
    /// transition, after it.
    pub(crate) fn transition(&self, from: PackedState, to: Move) -> bool {
        let moved = self.transition_within_budget(from, to);
        if let (true, Some(budget)) = (moved, &self.open_budget) {
            match (from.state().is_tripped(), to.to.is_tripped()) {
                (false, true) => budget.force_open(),
                (true, false) => budget.close(),
                _ => {}
            }
        }
        moved
    }

    /// Makes a transition whose effect on the open budget the caller handles.
    pub(super) fn transition_within_budget(&self, from: PackedState, to: Move) -> bool {
        let next = from.next(to.to, to.deadline);
        let counted_before = from.state().counts_results();
        // If no thread counts now, old results are cleared before the first one of the new generation.
        // Otherwise counting has to end first.
        if !counted_before && to.to.counts_results() {
            self.clear_stale_results(next);
        }
        if to.to == State::HalfOpen {
            // Before the exchange, so that every thread that sees the cycle sees its permits. Threads
            // that race for this transition store the same value, or that of a new configuration.
            let permits = u64::from(self.rules().half_open_calls);
            let generation = u64::from(next.generation());
            self.write_hot
                .permits
                .store(generation << 32 | permits, Ordering::Release);
        }
        // AcqRel: publishes what is stored above, and continues from the previous transition.
        if self
            .read_mostly
            .packed
            .compare_exchange(
                from.bits(),
                next.bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .is_err()
        {
            return false;
        }
        // After the exchange, because only its winner may store it. The next transition reads it at
        // the end of the open duration, which is at least a millisecond later.
        self.write_hot
            .times_opened
            .store(to.times_opened, Ordering::Relaxed);
        if counted_before && to.to.counts_results() {
            self.clear_stale_results(next);
        }
        let transition = Transition {
            breaker: self.name.clone(),
            from: from.state(),
            to: to.to,
            reason: to.reason,
            generation: next.generation(),
            open_duration: to.open_duration.map(Duration::from_millis),
            times_opened: to.times_opened,
            counts: to.counts,
        };
        // The recorder and the subscriber are user code, and this may be the drop of a call that unwinds.
        // Their panics are not logged, because that subscriber would receive it.
        self.events.publish(transition, |it| {
            let _ = self.panics.catch(|| self.emit(it), || ());
        });
        self.waiters.wake_all();
        true
    }

    /// Makes a transition from any state. `to` returns `None` if there is nothing to do.
    pub(crate) fn transition_manually(&self, to: impl Fn(PackedState) -> Option<Move>) {
        loop {
            let packed = self.packed();
            match to(packed) {
                Some(next) if !self.transition(packed, next) => {}
                _ => return,
            }
        }
    }

    fn clear_stale_results(&self, next: PackedState) {
        if let Some(window) = self.read_mostly.windows.current() {
            window.clear_stale(next.generation());
        }
    }

    /// Emits the event and the metrics of a transition. Called for one transition at a time.
    fn emit(&self, transition: &Transition) {
        if let Some(metrics) = &self.metrics {
            metrics.record_transition(transition);
        }
        let Transition {
            breaker,
            from,
            to,
            reason,
            open_duration,
            times_opened,
            counts,
            ..
        } = transition;
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(
                    target: crate::TARGET,
                    {
                        gusset.breaker.name = &**breaker,
                        gusset.breaker.from = from.as_str(),
                        gusset.breaker.to = to.as_str(),
                        gusset.breaker.reason = reason.as_str(),
                        gusset.breaker.open_duration = open_duration.map(|it| it.as_secs_f64()),
                        gusset.breaker.times_opened = times_opened,
                        gusset.breaker.calls = counts.calls,
                        gusset.breaker.failures = counts.failures,
                        gusset.breaker.slow_calls = counts.slow,
                    },
                    "circuit breaker is {to}"
                )
            };
        }
        match to {
            State::Open | State::ForcedOpen => event!(warn),
            _ => event!(info),
        }
    }
}
