//! What a row of results amounts to. Decides without a clock: the time is given.

use std::time::{Duration, Instant};

use crate::Status;

/// How many results it takes to change one's mind, and for how long a result is worth anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) failures: u32,
    pub(crate) successes: u32,
    /// No status is left sooner than this, but the unknown.
    pub(crate) min_time: Duration,
    /// How long a result counts.
    pub(crate) stale_after: Duration,
}

/// The mind of one check.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    rules: Rules,
    status: Status,
    /// When the status was entered.
    since: Option<Instant>,
    /// When the last result came, and when it stops to count.
    last: Option<(Instant, Instant)>,
    /// The row of like results: whether they were good, and how many.
    streak: (bool, u32),
}

// === impl Judge ===

impl Judge {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            status: Status::Unknown,
            since: None,
            last: None,
            streak: (true, 0),
        }
    }

    /// A result came in; it counts for `extra` longer than the rules say, where the next run was put
    /// off. Says whether the status changed.
    pub(crate) fn observe(&mut self, now: Instant, found: Status, extra: Duration) -> bool {
        let before = self.status;
        if self.status_at(now) == Status::Unknown {
            // Nothing is known, so there is nothing to flap against: one result decides.
            self.streak = (found.works(), 0);
            self.enter(now, found);
        }
        self.count(found.works());
        self.last = Some((now, now + self.rules.stale_after + extra));
        let (good, row) = self.streak;
        let rested = self
            .since
            .is_none_or(|since| now.saturating_duration_since(since) >= self.rules.min_time);
        match (self.status, good) {
            (Status::Down, true) if row >= self.rules.successes && rested => self.enter(now, found),
            (Status::Up | Status::Degraded, false) if row >= self.rules.failures && rested => {
                self.enter(now, found);
            }
            // Both work, so no probe changes: said at once.
            (Status::Up | Status::Degraded, true) if self.status != found => self.enter(now, found),
            _ => {}
        }
        self.status != before
    }

    /// The status at that time: unknown if the last result is too old.
    pub(crate) fn status_at(&self, now: Instant) -> Status {
        match self.last {
            Some((_, until)) if now <= until => self.status,
            _ => Status::Unknown,
        }
    }

    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    pub(crate) fn last(&self) -> Option<Instant> {
        self.last.map(|(at, _)| at)
    }

    /// How many bad results have come in a row.
    pub(crate) fn failures(&self) -> u32 {
        match self.streak {
            (false, row) => row,
            (true, _) => 0,
        }
    }

    /// The opposite result begins a new row.
    fn count(&mut self, good: bool) {
        let (kind, row) = self.streak;
        self.streak = (
            good,
            if kind == good {
                row.saturating_add(1)
            } else {
                1
            },
        );
    }

    fn enter(&mut self, now: Instant, status: Status) {
        self.status = status;
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use gusset_core::Clock;
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rules() -> Rules {
        Rules {
            failures: 3,
            successes: 2,
            min_time: Duration::ZERO,
            stale_after: 30 * SECOND,
        }
    }

    /// Plays `u`p, `d`own and de`g`raded, one a second, and tells the status after each.
    fn play(rules: Rules, results: &str) -> String {
        let mut judge = Judge::new(rules);
        let mut now = Clock::system().now();
        let results = results.chars();
        results
            .map(|result| {
                let found = match result {
                    'u' => Status::Up,
                    'd' => Status::Down,
                    _ => Status::Degraded,
                };
                judge.observe(now, found, Duration::ZERO);
                now += SECOND;
                match judge.status_at(now) {
                    Status::Up => 'u',
                    Status::Down => 'd',
                    Status::Degraded => 'g',
                    Status::Unknown => '?',
                }
            })
            .collect()
    }

    #[test]
    fn the_first_result_decides() {
        assert_eq!(play(rules(), "u"), "u");
        assert_eq!(play(rules(), "d"), "d");
        assert_eq!(play(rules(), "g"), "g");
    }

    #[test]
    fn three_failures_in_a_row_are_down_and_two_successes_up() {
        assert_eq!(play(rules(), "udddduuu"), "uuudd".to_owned() + "duu");
    }

    #[test]
    fn the_opposite_result_resets_the_row() {
        // The counter that is not reset calls this down.
        assert_eq!(play(rules(), "uddudduddu"), "uuuuuuuuuu");
        assert_eq!(play(rules(), "dududud"), "ddddddd");
    }

    #[test]
    fn degraded_works_and_is_said_at_once() {
        assert_eq!(play(rules(), "ugug"), "ugug");
        assert_eq!(play(rules(), "dgg"), "ddg");
        assert_eq!(play(rules(), "gddd"), "gggd");
    }

    #[test]
    fn no_status_is_left_before_its_least_time() {
        let rules = Rules {
            min_time: 5 * SECOND,
            ..rules()
        };
        assert_eq!(play(rules, "uddddddd"), "uuuuuddd");
    }

    #[test]
    fn an_old_result_is_unknown_and_the_next_decides_alone() {
        let mut judge = Judge::new(rules());
        let start = Clock::system().now();
        assert_eq!(judge.status_at(start), Status::Unknown);
        judge.observe(start, Status::Up, Duration::ZERO);
        assert_eq!(judge.status_at(start + 30 * SECOND), Status::Up);
        let late = start + 31 * SECOND;
        assert_eq!(judge.status_at(late), Status::Unknown);
        judge.observe(late, Status::Down, Duration::ZERO);
        assert_eq!(judge.status_at(late), Status::Down);
    }

    #[test]
    fn a_result_counts_longer_where_the_next_run_was_put_off() {
        let mut judge = Judge::new(rules());
        let start = Clock::system().now();
        judge.observe(start, Status::Down, 50 * SECOND);
        assert_eq!(judge.status_at(start + 80 * SECOND), Status::Down);
        assert_eq!(judge.status_at(start + 81 * SECOND), Status::Unknown);
    }

    /// What should be said after the last of `results`, by the words of the contract, from all that
    /// came: slow, and with nothing remembered but what was said and since when.
    fn by_the_words(
        rules: Rules,
        said: (Status, Instant),
        results: &[(Instant, Status)],
    ) -> (Status, Instant) {
        let (status, since) = said;
        let Some(((now, found), before)) = results.split_last() else {
            return said;
        };
        let known = before
            .last()
            .is_some_and(|(last, _)| *now <= *last + rules.stale_after);
        if !known {
            return (*found, *now);
        }
        // Back to where nothing was known, no further.
        let fresh = results
            .windows(2)
            .rposition(|pair| pair[1].0 > pair[0].0 + rules.stale_after);
        let fresh = fresh.map_or(0, |gap| gap + 1);
        let row = |good: bool| {
            let row = results[fresh..].iter().rev();
            row.take_while(|(_, found)| found.works() == good).count()
        };
        let rested = *now - since >= rules.min_time;
        match (status.works(), found.works()) {
            (true, true) if status != *found => (*found, *now),
            (true, false) if rested && row(false) >= rules.failures as usize => (*found, *now),
            (false, true) if rested && row(true) >= rules.successes as usize => (*found, *now),
            _ => said,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_row_of_results_is_judged_by_the_words_of_the_contract(
            failures in 1_u32..5,
            successes in 1_u32..5,
            min_time in 0_u32..20,
            stale_after in 5_u32..30,
            results in prop::collection::vec((0_u32..12, 0_u8..3), 1..60),
        ) {
            let rules = Rules {
                failures,
                successes,
                min_time: min_time * SECOND,
                stale_after: stale_after * SECOND,
            };
            let mut judge = Judge::new(rules);
            let mut now = Clock::system().now();
            let mut said = (Status::Unknown, now);
            let mut came = Vec::new();
            for (wait, found) in results {
                now += wait * SECOND;
                let found = [Status::Up, Status::Degraded, Status::Down][usize::from(found)];
                came.push((now, found));
                said = by_the_words(rules, said, &came);
                judge.observe(now, found, Duration::ZERO);
                prop_assert_eq!((judge.status_at(now), judge.since()), (said.0, Some(said.1)));
                let last = now + rules.stale_after;
                prop_assert_eq!(judge.status_at(last), said.0);
                prop_assert_eq!(judge.status_at(last + SECOND), Status::Unknown);
            }
        }
    }
}
