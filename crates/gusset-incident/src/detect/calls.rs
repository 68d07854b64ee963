//! Calls that fail or are slow.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Detect, Moment};
use crate::CallTotals;

/// Detects that many calls fail by an error of the server, over the last ten seconds.
#[derive(Clone, Debug)]
pub struct ErrorShare {
    share: f64,
    min_calls: u64,
    window: VecDeque<CallTotals>,
}

/// Detects that a call took longer than a time. With [`held_for`](Detect::held_for) it is a spike and not a single call.
#[derive(Clone, Debug)]
pub struct SlowCalls {
    threshold: Duration,
}

const WINDOW: usize = 10;

// === impl ErrorShare ===

impl ErrorShare {
    /// Detects that more than this share fails, from 0 to 1, of at least 20 calls.
    pub fn over(share: f64) -> Self {
        Self {
            share,
            min_calls: 20,
            window: VecDeque::with_capacity(WINDOW),
        }
    }

    /// Sets the number of calls below which nothing is detected. Defaults to 20.
    #[must_use = "returns the detector with the change"]
    pub fn min_calls(mut self, calls: u64) -> Self {
        self.min_calls = calls;
        self
    }
}

impl Detect for ErrorShare {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(moment.totals);
        let totals = self.window.iter().copied();
        let CallTotals { calls, errors, .. } =
            totals.fold(CallTotals::default(), CallTotals::merge);
        #[expect(clippy::cast_precision_loss, reason = "a share is not exact")]
        let share = errors as f64 / calls.max(1) as f64;
        let is_over = calls >= self.min_calls && share > self.share;
        is_over.then(|| {
            let percent = 100.0 * share;
            format!("{percent:.0} % of {calls} calls failed in {WINDOW} s")
        })
    }
}

// === impl SlowCalls ===

impl SlowCalls {
    /// Detects calls that took longer than this.
    pub fn over(threshold: Duration) -> Self {
        Self { threshold }
    }
}

impl Detect for SlowCalls {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let slowest = moment.totals.slowest;
        (slowest > self.threshold).then(|| {
            let threshold = self.threshold.as_secs_f64();
            let slowest = slowest.as_secs_f64();
            format!("a call took {slowest:.3} s, more than {threshold:.3} s")
        })
    }
}
