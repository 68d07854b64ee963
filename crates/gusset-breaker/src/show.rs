//! What breakers and bulkheads show of their state.

use gusset_data::{ShowState, StateTree};

use crate::CircuitBreaker;
use crate::bulkhead::Bulkhead;

impl ShowState for CircuitBreaker {
    /// Returns the state, the counts of the window, and what is left of an open duration in seconds.
    fn show_state(&self) -> StateTree {
        let counts = self.counts();
        StateTree::fields([
            ("state", self.state().as_str().into()),
            ("calls", counts.calls.into()),
            ("failures", counts.failures.into()),
            ("slow_calls", counts.slow.into()),
            ("rejected", self.rejected().into()),
            ("in_flight", count(self.in_flight())),
            (
                "remaining_open",
                self.remaining_open().unwrap_or_default().into(),
            ),
        ])
    }
}

impl ShowState for Bulkhead {
    /// Returns the calls in flight and their limit.
    fn show_state(&self) -> StateTree {
        StateTree::fields([
            ("in_flight", count(self.in_flight())),
            ("limit", count(self.limit())),
        ])
    }
}

fn count(count: usize) -> StateTree {
    u64::try_from(count).unwrap_or(u64::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallResult, Config};

    #[test]
    fn open_breaker_shows_its_counts_and_time() {
        let breaker = CircuitBreaker::builder("stock").config(Config::consecutive(1));
        let breaker = breaker.build().unwrap();
        let permit = breaker.try_acquire().unwrap();
        assert_eq!(breaker.show_state().get("in_flight"), Some(&1_u64.into()));
        permit.record(CallResult::Failure);
        assert!(breaker.try_acquire().is_err());
        let state = breaker.show_state();
        assert_eq!(state.get("state"), Some(&"open".into()));
        assert_eq!(state.get("rejected"), Some(&1_u64.into()));
        assert_ne!(state.get("remaining_open"), Some(&0.0.into()));
    }

    #[test]
    fn bulkhead_shows_calls_and_limit() {
        let bulkhead = Bulkhead::new("stock", 3).unwrap();
        let permit = bulkhead.try_acquire();
        let text = bulkhead.show_state().to_string();
        assert_eq!(text, "in_flight: 1\nlimit: 3\n");
        drop(permit);
    }
}
