//! The simple model: every result in a list, every time a number.

use gusset_breaker::{CallResult, State};

use super::input::Plain;

pub(crate) struct Model {
    pub(crate) plain: Plain,
    pub(crate) now: u64,
    pub(crate) state: State,
    pub(crate) generation: u64,
    /// The time of each result, and whether it failed and was slow.
    pub(crate) results: Vec<(u64, bool, bool)>,
    pub(crate) consecutive_failures: u32,
    pub(crate) deadline: Option<u64>,
    pub(crate) times_opened: u32,
    pub(crate) issued: u32,
    pub(crate) completed: Vec<(bool, bool)>,
    pub(crate) stale: u64,
    pub(crate) rejected: u64,
}

impl Model {
    pub(crate) fn new(plain: Plain) -> Self {
        Self {
            plain,
            now: 0,
            state: State::Closed,
            generation: 0,
            results: vec![],
            consecutive_failures: 0,
            deadline: None,
            times_opened: 0,
            issued: 0,
            completed: vec![],
            stale: 0,
            rejected: 0,
        }
    }

    pub(crate) fn enter(&mut self, state: State, deadline: Option<u64>) {
        self.state = state;
        self.deadline = deadline;
        self.generation += 1;
        self.results.clear();
        self.consecutive_failures = 0;
        self.issued = 0;
        self.completed.clear();
        if matches!(state, State::Closed | State::Disabled | State::DryRun) {
            self.times_opened = 0;
        }
    }

    pub(crate) fn open(&mut self, at: u64, retry_after: Option<u64>) {
        self.times_opened += 1;
        self.open_again(at, retry_after);
    }

    pub(crate) fn open_again(&mut self, at: u64, retry_after: Option<u64>) {
        let (multiplier, max) = self.plain.backoff;
        let mut delay = self.plain.open_ms;
        for _ in 1..self.times_opened {
            delay = (delay * u64::from(multiplier)).min(max);
        }
        if let Some(max) = self.plain.max_retry_after {
            delay = delay.max(retry_after.unwrap_or(0)).min(max);
        }
        self.enter(State::Open, Some(at + delay));
    }

    pub(crate) fn half_open(&mut self) {
        let limit = self.plain.half_open_ms.map(|limit| self.now + limit);
        self.enter(State::HalfOpen, limit);
    }

    /// Does what a timer would do.
    pub(crate) fn apply_timeouts(&mut self) {
        let over = |deadline: Option<u64>, now| deadline.is_some_and(|deadline| now >= deadline);
        if self.state == State::HalfOpen && over(self.deadline, self.now) {
            let at = self.deadline.unwrap();
            if self.plain.close_on_timeout {
                self.enter(State::Closed, None);
            } else {
                self.open(at, None);
            }
        }
    }

    pub(crate) fn apply_timeouts_of_tick(&mut self) {
        self.apply_timeouts();
        if self.state == State::Open && self.plain.auto && self.now >= self.deadline.unwrap() {
            self.half_open();
        }
    }

    pub(crate) fn acquire(&mut self) -> Option<u64> {
        self.apply_timeouts();
        if self.state == State::Open && self.now >= self.deadline.unwrap() {
            self.half_open();
        }
        let admitted = match self.state {
            State::Closed | State::Disabled | State::DryRun => true,
            State::HalfOpen if self.issued < self.plain.probes => {
                self.issued += 1;
                true
            }
            _ => false,
        };
        self.rejected += u64::from(!admitted);
        admitted.then_some(self.generation)
    }

    pub(crate) fn in_window(&self) -> Vec<(u64, bool, bool)> {
        let mut in_window = self.results.clone();
        if let Some(size) = self.plain.count {
            in_window.drain(..in_window.len().saturating_sub(size as usize));
        } else if let Some((size, buckets)) = self.plain.time {
            let bucket = size / u64::from(buckets);
            in_window.retain(|(at, ..)| at / bucket + u64::from(buckets) > self.now / bucket);
        } else {
            in_window.clear();
        }
        in_window
    }

    pub(crate) fn record(
        &mut self,
        generation: u64,
        result: CallResult,
        duration: u64,
        retry_after: Option<u64>,
    ) {
        let slow = self.plain.slow.is_some_and(|(after, _)| duration > after);
        let fail = matches!(result, CallResult::Failure | CallResult::Throttled);
        if result == CallResult::Ignored {
            if self.state == State::HalfOpen {
                self.apply_timeouts_of_tick();
                if self.generation == generation {
                    self.issued -= 1;
                }
            }
            return;
        }
        if self.generation != generation {
            self.apply_timeouts_of_tick();
            self.stale += 1;
            return;
        }
        match self.state {
            State::Closed | State::DryRun => {
                self.results.push((self.now, fail, slow));
                match result {
                    CallResult::Success => self.consecutive_failures = 0,
                    CallResult::Failure => self.consecutive_failures += 1,
                    _ => {}
                }
                let consecutive_failures = self.plain.consecutive.is_some_and(|max| {
                    result == CallResult::Failure && self.consecutive_failures >= max
                });
                if (consecutive_failures || self.thresholds_reached())
                    && self.state == State::Closed
                {
                    self.open(self.now, retry_after);
                }
            }
            State::HalfOpen => {
                if self.deadline.is_some_and(|deadline| self.now >= deadline) {
                    self.apply_timeouts_of_tick();
                    self.stale += 1;
                    return;
                }
                self.completed.push((fail, slow));
                let failed = self.completed.iter().filter(|(fail, _)| *fail).count();
                let slow = self.completed.iter().filter(|(_, slow)| *slow).count();
                let count = self.completed.len();
                if self.plain.any_failure_opens && failed > 0 {
                    self.open(self.now, retry_after);
                } else if count == self.plain.probes as usize {
                    let over = |percent: Option<u32>, part: usize| {
                        percent.is_some_and(|percent| part * 100 >= percent as usize * count)
                    };
                    let slow_percent = self.plain.slow.map(|(_, percent)| percent);
                    if over(self.plain.failure_percent, failed) || over(slow_percent, slow) {
                        self.open(self.now, retry_after);
                    } else {
                        self.enter(State::Closed, None);
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn thresholds_reached(&self) -> bool {
        let in_window = self.in_window();
        if in_window.is_empty() || in_window.len() < self.plain.minimum as usize {
            return false;
        }
        let over = |percent: Option<u32>, part: usize| {
            percent.is_some_and(|percent| part * 100 >= percent as usize * in_window.len())
        };
        over(
            self.plain.failure_percent,
            in_window.iter().filter(|it| it.1).count(),
        ) || over(
            self.plain.slow.map(|(_, percent)| percent),
            in_window.iter().filter(|it| it.2).count(),
        )
    }
}
