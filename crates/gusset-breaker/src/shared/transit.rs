//! Moves from one state to another.

use std::time::Duration;

use super::Core;
use crate::machine::{Move, Word};
use crate::sync::Ordering;
use crate::{State, Transition};

// === impl Core ===

impl Core {
    /// Makes a move, unless the breaker has moved from `from` meanwhile. All else that belongs to it
    /// is done by its winner, after it.
    pub(crate) fn transit(&self, from: Word, to: Move) -> bool {
        let moved = self.transit_alone(from, to);
        if let (true, Some(fleet)) = (moved, &self.fleet) {
            match (from.state().is_out(), to.to.is_out()) {
                (false, true) => fleet.force(),
                (true, false) => fleet.close(),
                _ => {}
            }
        }
        moved
    }

    /// As [`transit`](Self::transit), for who has taken its place in the fleet.
    pub(super) fn transit_alone(&self, from: Word, to: Move) -> bool {
        let next = from.next(to.to, to.deadline);
        // Nobody counts in the window now, or whoever does counts on: before or after.
        let before = !from.state().counts();
        if before && to.to.counts() {
            self.sweep(next);
        }
        if to.to == State::HalfOpen {
            // Before the move, so that all who see the cycle see its permits. Of those who race to
            // begin it, each puts down the same, or what it was changed to in that instant.
            let permits = u64::from(self.rules().probes);
            let generation = u64::from(next.generation());
            self.changing
                .permits
                .store(generation << 32 | permits, Ordering::Release);
        }
        if self
            .hot
            .word
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
        // Milliseconds pass before the next move asks for it: no open time is shorter.
        self.changing.opened.store(to.opened, Ordering::Relaxed);
        if !before && to.to.counts() {
            self.sweep(next);
        }
        let transition = Transition {
            breaker: self.name.clone(),
            from: from.state(),
            to: to.to,
            reason: to.reason,
            generation: next.generation(),
            open_for: to.open_for.map(Duration::from_millis),
            opened: to.opened,
            counts: to.counts,
        };
        self.journal.publish(transition, |it| self.tell(it));
        self.waiters.wake();
        true
    }

    /// A move by hand, from whatever state it is in; `to` gives none where there is nothing to do.
    pub(crate) fn by_hand(&self, to: impl Fn(Word) -> Option<Move>) {
        loop {
            let word = self.word();
            match to(word) {
                Some(next) if !self.transit(word, next) => {}
                _ => return,
            }
        }
    }

    fn sweep(&self, next: Word) {
        if let Some(window) = self.hot.windows.current() {
            window.sweep(next.generation());
        }
    }

    /// Events and metrics, of one transition after the other.
    fn tell(&self, transition: &Transition) {
        if let Some(metrics) = &self.metrics {
            metrics.moved(transition);
        }
        let Transition {
            breaker,
            from,
            to,
            reason,
            open_for,
            opened,
            counts,
            ..
        } = transition;
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(
                    breaker = &**breaker,
                    from = from.as_str(),
                    to = to.as_str(),
                    reason = reason.as_str(),
                    open_for = open_for.map(tracing::field::debug),
                    opened,
                    calls = counts.calls,
                    failures = counts.failures,
                    slow = counts.slow,
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
