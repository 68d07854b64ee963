//! The steps of the start, with their durations.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gusset_core::Clock;

/// What the service did while it started: a step for each report of progress, and one before the first.
pub(super) struct StartSteps {
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    /// The steps that have ended.
    ended: Vec<StartStep>,
    /// The step in progress. `None` once the start is complete.
    current: Option<(Cow<'static, str>, Instant)>,
}

/// A step of the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartStep {
    pub(crate) name: Cow<'static, str>,
    pub(crate) duration: Duration,
    pub(crate) has_ended: bool,
}

/// A start that reports every row of a table is still bounded. Later steps are one.
const MAX_STEPS: usize = 32;

/// The step before the first report.
const INITIAL_STEP: &str = "before the first report";

// === impl StartSteps ===

impl StartSteps {
    pub(super) fn new(clock: Clock) -> Self {
        let current = Some((Cow::Borrowed(INITIAL_STEP), clock.now()));
        Self {
            clock,
            state: Mutex::new(State {
                ended: Vec::new(),
                current,
            }),
        }
    }

    /// Ends the step in progress and begins the next one. Has no effect after the start.
    pub(super) fn begin(&self, name: Cow<'static, str>) {
        let now = self.clock.now();
        let mut state = self.lock();
        if state.ended.len() < MAX_STEPS && state.end_current(now) {
            state.current = Some((name, now));
        }
    }

    /// Ends the last step.
    pub(super) fn complete(&self) {
        let now = self.clock.now();
        self.lock().end_current(now);
    }

    /// Returns the steps, the one in progress last.
    pub(super) fn steps(&self) -> Vec<StartStep> {
        let now = self.clock.now();
        let state = self.lock();
        let current = state.current.clone();
        let current = current.map(|(name, since)| StartStep {
            name,
            duration: now.saturating_duration_since(since),
            has_ended: false,
        });
        state.ended.iter().cloned().chain(current).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    /// Returns whether there was a step in progress.
    fn end_current(&mut self, now: Instant) -> bool {
        let current = self.current.take();
        let ended = current.map(|(name, since)| StartStep {
            name,
            duration: now.saturating_duration_since(since),
            has_ended: true,
        });
        let had_one = ended.is_some();
        self.ended.extend(ended);
        had_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(steps: &StartSteps) -> Vec<(String, u64, bool)> {
        let steps = steps.steps().into_iter();
        steps
            .map(|it| (it.name.into_owned(), it.duration.as_secs(), it.has_ended))
            .collect()
    }

    #[test]
    fn report_of_progress_ends_the_step_before() {
        let (clock, hand) = Clock::manual();
        let steps = StartSteps::new(clock);
        hand.advance(Duration::from_secs(1));
        steps.begin("migrations".into());
        hand.advance(Duration::from_secs(5));
        let expected = [
            (INITIAL_STEP.to_owned(), 1, true),
            ("migrations".to_owned(), 5, false),
        ];
        assert_eq!(names(&steps), expected);
        steps.complete();
        hand.advance(Duration::from_secs(9));
        steps.begin("a report while it serves".into());
        let expected = [
            (INITIAL_STEP.to_owned(), 1, true),
            ("migrations".to_owned(), 5, true),
        ];
        assert_eq!(names(&steps), expected);
    }

    #[test]
    fn steps_are_bounded() {
        let (clock, hand) = Clock::manual();
        let steps = StartSteps::new(clock);
        for row in 0..1000 {
            hand.advance(Duration::from_secs(1));
            steps.begin(row.to_string().into());
        }
        let names = names(&steps);
        assert_eq!(names.len(), MAX_STEPS + 1);
        let all: u64 = names.iter().map(|(_, seconds, _)| seconds).sum();
        assert_eq!(all, 1000, "no time is lost");
    }
}
