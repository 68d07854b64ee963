//! Which captures are made. The time is given.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::Skipped;
use crate::Trigger;

/// A number of reports in a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) reports: u32,
    pub(crate) per: Duration,
}

/// Bounds the reports of each trigger, and of all together by a minimum gap.
#[derive(Debug)]
pub(crate) struct Limiter {
    min_gap: Duration,
    default: Limit,
    limits: HashMap<Trigger, Limit>,
    last: Option<Instant>,
    made: HashMap<Trigger, VecDeque<Instant>>,
}

// === impl Limiter ===

impl Limiter {
    pub(crate) fn new(min_gap: Duration, default: Limit, limits: HashMap<Trigger, Limit>) -> Self {
        Self {
            min_gap,
            default,
            limits,
            last: None,
            made: HashMap::new(),
        }
    }

    /// Admits a capture, and counts it. `is_last` is for one after which the process ends: it does not wait for the end of
    /// the gap.
    pub(crate) fn admit(
        &mut self,
        trigger: Trigger,
        is_last: bool,
        now: Instant,
    ) -> Result<(), Skipped> {
        let is_within_gap = |last: Instant| now.saturating_duration_since(last) < self.min_gap;
        if !is_last && !trigger.ignores_gap() && self.last.is_some_and(is_within_gap) {
            return Err(Skipped::TooSoon);
        }
        let Limit { reports, per } = *self.limits.get(&trigger).unwrap_or(&self.default);
        let made = self.made.entry(trigger).or_default();
        while made
            .front()
            .is_some_and(|first| now.saturating_duration_since(*first) >= per)
        {
            made.pop_front();
        }
        if !is_last && made.len() >= usize::try_from(reports).unwrap_or(usize::MAX) {
            return Err(Skipped::OverLimit);
        }
        made.push_back(now);
        self.last = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gusset_core::Clock;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const GAP: Duration = Duration::from_secs(300);

    fn limiter(limits: &[(Trigger, u32)]) -> Limiter {
        let limits = limits.iter().map(|(trigger, reports)| {
            let limit = Limit {
                reports: *reports,
                per: HOUR,
            };
            (*trigger, limit)
        });
        let default = Limit {
            reports: 3,
            per: HOUR,
        };
        Limiter::new(GAP, default, limits.collect())
    }

    #[test]
    fn gap_is_between_reports_of_any_triggers() {
        let (mut limiter, start) = (limiter(&[]), Clock::system().now());
        assert_eq!(limiter.admit(Trigger::Errors, false, start), Ok(()));
        let soon = start + GAP - Duration::from_millis(1);
        assert_eq!(
            limiter.admit(Trigger::Latency, false, soon),
            Err(Skipped::TooSoon)
        );
        assert_eq!(
            limiter.admit(Trigger::Manual, false, soon),
            Ok(()),
            "a person waits"
        );
        assert_eq!(
            limiter.admit(Trigger::Errors, true, soon),
            Ok(()),
            "the process ends"
        );
        assert_eq!(limiter.admit(Trigger::Latency, false, soon + GAP), Ok(()));
    }

    #[test]
    fn each_trigger_has_its_limit() {
        let (mut limiter, start) = (limiter(&[(Trigger::Errors, 1)]), Clock::system().now());
        let at = |number: u32| start + GAP * number;
        assert_eq!(limiter.admit(Trigger::Errors, false, at(0)), Ok(()));
        assert_eq!(
            limiter.admit(Trigger::Errors, false, at(1)),
            Err(Skipped::OverLimit)
        );
        for number in 2..5 {
            assert_eq!(limiter.admit(Trigger::Latency, false, at(number)), Ok(()));
        }
        assert_eq!(
            limiter.admit(Trigger::Latency, false, at(5)),
            Err(Skipped::OverLimit)
        );
        assert_eq!(limiter.admit(Trigger::Errors, false, start + HOUR), Ok(()));
    }

    #[test]
    fn limit_forgets_what_is_old() {
        let (mut limiter, start) = (limiter(&[]), Clock::system().now());
        for number in 0..100 {
            assert_eq!(
                limiter.admit(Trigger::Manual, false, start + HOUR * number),
                Ok(())
            );
        }
        assert_eq!(limiter.made[&Trigger::Manual].len(), 1);
    }
}
