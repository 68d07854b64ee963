//! The status that follows from consecutive results. Reads no clock: the time is an argument.

use std::time::{Duration, Instant};

use crate::Status;

/// How many results change the status, and how long a result is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatusRules {
    pub(super) failure_threshold: u32,
    pub(super) success_threshold: u32,
    /// No status but `Unknown` ends sooner.
    pub(super) min_status_duration: Duration,
    pub(super) stale_after: Duration,
}

/// The status of one check.
#[derive(Clone, Debug)]
pub(super) struct StatusMachine {
    rules: StatusRules,
    status: Status,
    /// When the status was entered.
    since: Option<Instant>,
    last: Option<LastResult>,
    streak: Streak,
}

#[derive(Clone, Copy, Debug)]
struct LastResult {
    at: Instant,
    /// When the result becomes stale.
    valid_until: Instant,
}

/// The latest consecutive results that were all successes or all failures.
#[derive(Clone, Copy, Debug)]
struct Streak {
    success: bool,
    count: u32,
}

// === impl StatusMachine ===

impl StatusMachine {
    pub(super) fn new(rules: StatusRules) -> Self {
        Self {
            rules,
            status: Status::Unknown,
            since: None,
            last: None,
            streak: Streak::new(true),
        }
    }

    /// Records a result and returns whether the status changed. The result is valid for
    /// `backoff_delay` longer than `stale_after`, because the next run comes later by that much.
    pub(super) fn record(&mut self, now: Instant, result: Status, backoff_delay: Duration) -> bool {
        let before = self.status;
        if self.status_at(now) == Status::Unknown {
            // There is no status that could flap, so one result decides.
            self.streak = Streak::new(result.is_available());
            self.enter(now, result);
        }
        self.streak.add(result.is_available());
        self.last = Some(LastResult {
            at: now,
            valid_until: now + self.rules.stale_after + backoff_delay,
        });
        let Streak { success, count } = self.streak;
        let may_change = self.since.is_none_or(|since| {
            now.saturating_duration_since(since) >= self.rules.min_status_duration
        });
        match (self.status, success) {
            (Status::Down, true) if count >= self.rules.success_threshold && may_change => {
                self.enter(now, result);
            }
            (Status::Up | Status::Degraded, false)
                if count >= self.rules.failure_threshold && may_change =>
            {
                self.enter(now, result);
            }
            // Up and degraded are both available, so no probe changes and no threshold is needed.
            (Status::Up | Status::Degraded, true) if self.status != result => {
                self.enter(now, result);
            }
            _ => {}
        }
        self.status != before
    }

    /// Returns the status at this time: `Unknown` if the last result is stale.
    pub(super) fn status_at(&self, now: Instant) -> Status {
        match self.last {
            Some(last) if now <= last.valid_until => self.status,
            _ => Status::Unknown,
        }
    }

    /// Returns the status and when it becomes stale, if there was a result.
    pub(super) fn status(&self) -> Option<(Status, Instant)> {
        self.last.map(|last| (self.status, last.valid_until))
    }

    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    pub(super) fn last_result_at(&self) -> Option<Instant> {
        self.last.map(|last| last.at)
    }

    /// Returns the number of consecutive failures.
    pub(super) fn failures(&self) -> u32 {
        match self.streak {
            Streak {
                success: false,
                count,
            } => count,
            Streak { success: true, .. } => 0,
        }
    }

    fn enter(&mut self, now: Instant, status: Status) {
        self.status = status;
        self.since = Some(now);
    }
}

// === impl Streak ===

impl Streak {
    fn new(success: bool) -> Self {
        Self { success, count: 0 }
    }

    /// Adds a result. The opposite result starts a new streak.
    fn add(&mut self, success: bool) {
        if self.success == success {
            self.count = self.count.saturating_add(1);
        } else {
            *self = Self { success, count: 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use gusset_core::Clock;
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rules() -> StatusRules {
        StatusRules {
            failure_threshold: 3,
            success_threshold: 2,
            min_status_duration: Duration::ZERO,
            stale_after: 30 * SECOND,
        }
    }

    /// Records results one second apart: `u`p, `d`own and de`g`raded. Returns the status after each.
    fn statuses(rules: StatusRules, results: &str) -> String {
        let mut machine = StatusMachine::new(rules);
        let mut now = Clock::system().now();
        let results = results.chars();
        results
            .map(|result| {
                let result = match result {
                    'u' => Status::Up,
                    'd' => Status::Down,
                    _ => Status::Degraded,
                };
                machine.record(now, result, Duration::ZERO);
                now += SECOND;
                match machine.status_at(now) {
                    Status::Up => 'u',
                    Status::Down => 'd',
                    Status::Degraded => 'g',
                    Status::Unknown => '?',
                }
            })
            .collect()
    }

    #[test]
    fn first_result_sets_the_status() {
        assert_eq!(statuses(rules(), "u"), "u");
        assert_eq!(statuses(rules(), "d"), "d");
        assert_eq!(statuses(rules(), "g"), "g");
    }

    #[test]
    fn status_changes_at_the_thresholds() {
        assert_eq!(statuses(rules(), "udddduuu"), "uuudd".to_owned() + "duu");
    }

    #[test]
    fn opposite_result_resets_the_streak() {
        // Counting without the reset would result in `Down`.
        assert_eq!(statuses(rules(), "uddudduddu"), "uuuuuuuuuu");
        assert_eq!(statuses(rules(), "dududud"), "ddddddd");
    }

    #[test]
    fn degraded_is_available_and_takes_effect_at_once() {
        assert_eq!(statuses(rules(), "ugug"), "ugug");
        assert_eq!(statuses(rules(), "dgg"), "ddg");
        assert_eq!(statuses(rules(), "gddd"), "gggd");
    }

    #[test]
    fn status_lasts_its_minimum_duration() {
        let rules = StatusRules {
            min_status_duration: 5 * SECOND,
            ..rules()
        };
        assert_eq!(statuses(rules, "uddddddd"), "uuuuuddd");
    }

    #[test]
    fn stale_result_is_unknown() {
        let mut machine = StatusMachine::new(rules());
        let start = Clock::system().now();
        assert_eq!(machine.status_at(start), Status::Unknown);
        machine.record(start, Status::Up, Duration::ZERO);
        assert_eq!(machine.status_at(start + 30 * SECOND), Status::Up);
        let late = start + 31 * SECOND;
        assert_eq!(machine.status_at(late), Status::Unknown);
        // The next result decides alone.
        machine.record(late, Status::Down, Duration::ZERO);
        assert_eq!(machine.status_at(late), Status::Down);
    }

    #[test]
    fn backoff_extends_the_validity_of_a_result() {
        let mut machine = StatusMachine::new(rules());
        let start = Clock::system().now();
        machine.record(start, Status::Down, 50 * SECOND);
        assert_eq!(machine.status_at(start + 80 * SECOND), Status::Down);
        assert_eq!(machine.status_at(start + 81 * SECOND), Status::Unknown);
    }

    /// Computes the next status and its start from all results so far. This reference model is slow,
    /// and its only state is the current status with its start.
    fn expected_status(
        rules: StatusRules,
        current: (Status, Instant),
        results: &[(Instant, Status)],
    ) -> (Status, Instant) {
        let (status, since) = current;
        let Some(((now, result), before)) = results.split_last() else {
            return current;
        };
        let is_known = before
            .last()
            .is_some_and(|(last, _)| *now <= *last + rules.stale_after);
        if !is_known {
            return (*result, *now);
        }
        // A streak begins no earlier than the last time the status was unknown.
        let start = results
            .windows(2)
            .rposition(|pair| pair[1].0 > pair[0].0 + rules.stale_after);
        let start = start.map_or(0, |gap| gap + 1);
        let streak = |success: bool| {
            let latest = results[start..].iter().rev();
            latest
                .take_while(|(_, result)| result.is_available() == success)
                .count()
        };
        let may_change = *now - since >= rules.min_status_duration;
        match (status.is_available(), result.is_available()) {
            (true, true) if status != *result => (*result, *now),
            (true, false) if may_change && streak(false) >= rules.failure_threshold as usize => {
                (*result, *now)
            }
            (false, true) if may_change && streak(true) >= rules.success_threshold as usize => {
                (*result, *now)
            }
            _ => current,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn status_equals_the_reference_model(
            failure_threshold in 1_u32..5,
            success_threshold in 1_u32..5,
            min_status_duration in 0_u32..20,
            stale_after in 5_u32..30,
            results in prop::collection::vec((0_u32..12, 0_u8..3), 1..60),
        ) {
            let rules = StatusRules {
                failure_threshold,
                success_threshold,
                min_status_duration: min_status_duration * SECOND,
                stale_after: stale_after * SECOND,
            };
            let mut machine = StatusMachine::new(rules);
            let mut now = Clock::system().now();
            let mut expected = (Status::Unknown, now);
            let mut history = Vec::new();
            for (wait, result) in results {
                now += wait * SECOND;
                let result = [Status::Up, Status::Degraded, Status::Down][usize::from(result)];
                history.push((now, result));
                expected = expected_status(rules, expected, &history);
                machine.record(now, result, Duration::ZERO);
                prop_assert_eq!(
                    (machine.status_at(now), machine.since()),
                    (expected.0, Some(expected.1))
                );
                let last_valid = now + rules.stale_after;
                prop_assert_eq!(machine.status_at(last_valid), expected.0);
                prop_assert_eq!(machine.status_at(last_valid + SECOND), Status::Unknown);
            }
        }
    }
}
