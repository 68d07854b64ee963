//! What calls are counted in.

use std::fmt;
use std::time::{Instant, SystemTime};

use crate::bots::Bots;
use crate::calls::{ByClient, Calls};
use crate::time::{Tick, Ticks};
use crate::visitors::Visitors;

/// What calls are counted in.
pub(crate) struct Shared {
    pub(crate) ticks: Ticks,
    pub(crate) bots: Bots,
    pub(crate) calls: Calls,
    pub(crate) visitors: Visitors,
    pub(crate) started: SystemTime,
}

// === impl Shared ===

impl Shared {
    /// Returns the tick of a moment, after the totals at its start were kept.
    #[inline]
    pub(crate) fn tick(&self, now: Instant) -> Tick {
        let tick = self.calls.tick();
        match self.ticks.is_over(tick, now) {
            true => self.advance(self.ticks.at(now)),
            false => tick,
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn advance(&self, tick: Tick) -> Tick {
        self.calls.advance(tick, self.visitors.new_visitors());
        tick
    }

    /// Returns the calls since the start.
    pub(crate) fn all_calls(&self) -> ByClient {
        self.calls.totals(0).all()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
