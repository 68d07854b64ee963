//! The breaker compared with a simple model, which keeps every result in a list.

use std::time::Duration;

use gusset_breaker::{
    CallReport, CallResult, CircuitBreaker, Config, HalfOpenPolicy, Permit, State,
};
use gusset_core::{Clock, MockClock};
use proptest::prelude::*;

/// A configuration in plain numbers.
#[derive(Clone, Debug)]
struct Plain {
    count: Option<u32>,
    time: Option<(u64, u32)>,
    minimum: u32,
    failure_percent: Option<u32>,
    slow: Option<(u64, u32)>,
    consecutive: Option<u32>,
    probes: u32,
    any_failure_opens: bool,
    half_open_ms: Option<u64>,
    close_on_timeout: bool,
    open_ms: u64,
    backoff: (u32, u64),
    max_retry_after: Option<u64>,
    auto: bool,
}

#[derive(Clone, Debug)]
enum Operation {
    Advance(u64),
    Acquire,
    /// Completes one of the calls in progress.
    End(usize, CallResult, u64, Option<u64>),
    Cancel(usize),
    Call(CallResult, u64),
    Tick,
    Trip,
    Close,
    ForceOpen,
    Disable,
    DryRun,
}

fn plain() -> impl Strategy<Value = Plain> {
    let window = prop_oneof![
        3 => (1u32..40).prop_map(|size| (Some(size), None)),
        3 => (1u64..20, 1u32..8).prop_map(|(ms, n)| (None, Some((ms * u64::from(n), n)))),
        1 => Just((None, None)),
    ];
    let rules = (
        prop::option::weighted(0.8, 1u32..=100),
        prop::option::weighted(0.3, (1u64..50, 1u32..=100)),
        prop::option::weighted(0.3, 1u32..5),
        1u32..10,
    );
    let half_open = (
        1u32..5,
        any::<bool>(),
        prop::option::weighted(0.7, 1u64..60),
        any::<bool>(),
    );
    let open = (
        1u64..50,
        (1u32..4, 0u64..200),
        prop::option::weighted(0.5, 50u64..300),
        any::<bool>(),
    );
    (window, rules, half_open, open).prop_map(
        |((count, time), (failure, slow, consecutive, minimum), half_open, open)| {
            let windowed = count.is_some() || time.is_some();
            let failure_percent = failure.filter(|_| windowed);
            let slow = slow.filter(|_| windowed);
            let none = failure_percent.is_none() && slow.is_none();
            let (open_ms, (multiplier, more), max_retry_after, auto) = open;
            Plain {
                count,
                time,
                minimum: minimum.min(count.unwrap_or(u32::MAX)),
                failure_percent,
                slow,
                consecutive: if none {
                    consecutive.or(Some(2))
                } else {
                    consecutive
                },
                probes: half_open.0,
                any_failure_opens: half_open.1 || failure_percent.is_none(),
                half_open_ms: half_open.2,
                close_on_timeout: half_open.3,
                open_ms,
                backoff: (multiplier, open_ms + more),
                max_retry_after,
                auto,
            }
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    let result = || {
        prop_oneof![
            4 => Just(CallResult::Success),
            4 => Just(CallResult::Failure),
            1 => Just(CallResult::Throttled),
            1 => Just(CallResult::Ignored),
        ]
    };
    prop_oneof![
        6 => (0u64..40).prop_map(Operation::Advance),
        1 => (0u64..10_000_000_000).prop_map(Operation::Advance),
        6 => Just(Operation::Acquire),
        6 => (any::<usize>(), result(), 0u64..80, prop::option::of(0u64..500))
            .prop_map(|(at, result, duration, retry_after)| Operation::End(at, result, duration, retry_after)),
        2 => any::<usize>().prop_map(Operation::Cancel),
        10 => (result(), 0u64..80).prop_map(|(result, duration)| Operation::Call(result, duration)),
        2 => Just(Operation::Tick),
        1 => prop_oneof![
            Just(Operation::Trip),
            Just(Operation::Close),
            Just(Operation::ForceOpen),
            Just(Operation::Disable),
            Just(Operation::DryRun),
        ],
    ]
}

impl Plain {
    fn config(&self) -> Config {
        let percent = |percent: u32| f64::from(percent) / 100.0;
        let ms = Duration::from_millis;
        let mut config = Config::new()
            .without_window()
            .open_jitter(0.0)
            .half_open_calls(self.probes)
            .open_duration(ms(self.open_ms))
            .open_backoff(self.backoff.0.into(), ms(self.backoff.1));
        if let Some(size) = self.count {
            config = config.count_window(size).minimum_calls(self.minimum);
        }
        if let Some((size, buckets)) = self.time {
            config = config
                .time_window_with_buckets(ms(size), buckets)
                .minimum_calls(self.minimum);
        }
        if let Some(rate) = self.failure_percent {
            config = config.failure_rate_threshold(percent(rate));
        }
        if let Some((after, rate)) = self.slow {
            config = config.slow_calls(ms(after), percent(rate));
        }
        if let Some(failures) = self.consecutive {
            config = config.consecutive_failures(failures);
        }
        config = config.half_open_policy(if self.any_failure_opens {
            HalfOpenPolicy::AnyFailure
        } else {
            HalfOpenPolicy::Rate
        });
        config = match self.half_open_ms {
            Some(limit) => config.max_half_open(ms(limit)),
            None => config.no_half_open_timeout(),
        };
        if self.close_on_timeout {
            config = config.close_on_half_open_timeout();
        }
        if let Some(max) = self.max_retry_after {
            config = config.honour_retry_after(ms(max));
        }
        if self.auto {
            config = config.auto_half_open();
        }
        config
    }
}

struct Model {
    plain: Plain,
    now: u64,
    state: State,
    generation: u64,
    /// The time of each result, and whether it failed and was slow.
    results: Vec<(u64, bool, bool)>,
    consecutive_failures: u32,
    deadline: Option<u64>,
    times_opened: u32,
    issued: u32,
    completed: Vec<(bool, bool)>,
    stale: u64,
    rejected: u64,
}

impl Model {
    fn new(plain: Plain) -> Self {
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

    fn enter(&mut self, state: State, deadline: Option<u64>) {
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

    fn open(&mut self, at: u64, retry_after: Option<u64>) {
        self.times_opened += 1;
        self.open_again(at, retry_after);
    }

    fn open_again(&mut self, at: u64, retry_after: Option<u64>) {
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

    fn half_open(&mut self) {
        let limit = self.plain.half_open_ms.map(|limit| self.now + limit);
        self.enter(State::HalfOpen, limit);
    }

    /// Does what a timer would do.
    fn apply_timeouts(&mut self) {
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

    fn apply_timeouts_of_tick(&mut self) {
        self.apply_timeouts();
        if self.state == State::Open && self.plain.auto && self.now >= self.deadline.unwrap() {
            self.half_open();
        }
    }

    fn acquire(&mut self) -> Option<u64> {
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

    fn in_window(&self) -> Vec<(u64, bool, bool)> {
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

    fn record(
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

    fn thresholds_reached(&self) -> bool {
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

/// The breaker and the model.
struct Pair {
    breaker: CircuitBreaker,
    mock_clock: MockClock,
    model: Model,
    calls: Vec<(Permit, u64)>,
}

impl Pair {
    fn acquire(&mut self) -> Result<(), TestCaseError> {
        let generation = self.model.acquire();
        let permit = self.breaker.try_acquire();
        prop_assert_eq!(permit.is_ok(), generation.is_some(), "admitted");
        self.calls.extend(permit.ok().zip(generation));
        Ok(())
    }

    fn end(&mut self, at: usize, result: CallResult, duration: u64, retry_after: Option<u64>) {
        let (permit, generation) = self.calls.swap_remove(at);
        let report =
            CallReport::new(result).with_retry_after(retry_after.map(Duration::from_millis));
        permit.record_with_duration(report, Duration::from_millis(duration));
        self.model.record(generation, result, duration, retry_after);
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), TestCaseError> {
        let (breaker, model) = (&self.breaker, &mut self.model);
        match *operation {
            Operation::Advance(by) => {
                self.mock_clock.advance(Duration::from_millis(by));
                model.now += by;
            }
            Operation::Acquire => self.acquire()?,
            Operation::End(at, result, duration, retry_after) => {
                if !self.calls.is_empty() {
                    self.end(at % self.calls.len(), result, duration, retry_after);
                }
            }
            Operation::Cancel(at) => {
                if !self.calls.is_empty() {
                    let (permit, generation) = self.calls.swap_remove(at % self.calls.len());
                    drop(permit);
                    self.model.record(generation, CallResult::Ignored, 0, None);
                }
            }
            Operation::Call(result, duration) => {
                let held = self.calls.len();
                self.acquire()?;
                if self.calls.len() > held {
                    self.end(held, result, duration, None);
                }
            }
            Operation::Tick => {
                breaker.tick();
                model.apply_timeouts_of_tick();
            }
            Operation::Trip => {
                breaker.trip();
                let again = model.state != State::Open;
                model.times_opened = (model.times_opened + u32::from(again)).max(1);
                model.open_again(model.now, None);
            }
            Operation::Close => {
                breaker.close();
                model.enter(State::Closed, None);
            }
            Operation::ForceOpen | Operation::Disable | Operation::DryRun => {
                let state = match operation {
                    Operation::ForceOpen => State::ForcedOpen,
                    Operation::Disable => State::Disabled,
                    _ => State::DryRun,
                };
                match operation {
                    Operation::ForceOpen => breaker.force_open(),
                    Operation::Disable => breaker.disable(),
                    _ => breaker.dry_run(),
                }
                if model.state != state {
                    model.enter(state, None);
                }
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let (breaker, model) = (&self.breaker, &self.model);
        prop_assert_eq!(breaker.state(), model.state);
        let counts = breaker.counts();
        let in_window = model.in_window();
        prop_assert_eq!(counts.calls, in_window.len() as u64, "calls");
        prop_assert_eq!(
            counts.failures,
            in_window.iter().filter(|it| it.1).count() as u64
        );
        prop_assert_eq!(
            counts.slow,
            in_window.iter().filter(|it| it.2).count() as u64
        );
        prop_assert_eq!(breaker.stale_results(), model.stale, "stale");
        prop_assert_eq!(breaker.rejected(), model.rejected, "rejected");
        let left = (model.state == State::HalfOpen).then(|| model.plain.probes - model.issued);
        prop_assert_eq!(breaker.half_open_permits(), left);
        if model.state == State::Open {
            let left = model.deadline.unwrap().saturating_sub(model.now);
            prop_assert_eq!(breaker.remaining_open(), Some(Duration::from_millis(left)));
        }
        if model.plain.consecutive.is_some() && matches!(model.state, State::Closed | State::DryRun)
        {
            prop_assert_eq!(breaker.consecutive_failures(), model.consecutive_failures);
        }
        prop_assert_eq!(breaker.in_flight(), self.calls.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1024,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn breaker_matches_model(
        plain in plain(),
        operations in prop::collection::vec(operation(), 0..120),
    ) {
        let (clock, mock_clock) = Clock::manual();
        let breaker = CircuitBreaker::builder("stock").config(plain.config()).clock(clock).build().unwrap();
        let mut pair = Pair { breaker, mock_clock, model: Model::new(plain), calls: vec![] };
        for operation in &operations {
            pair.operation(operation)?;
            pair.compare()?;
            // The prediction for a call holds for the next call.
            let admits = pair.breaker.is_call_permitted();
            let state = pair.breaker.state();
            pair.compare()?;
            prop_assert_eq!(state, pair.breaker.state());
            if matches!(operation, Operation::Tick) {
                let held = pair.calls.len();
                pair.acquire()?;
                prop_assert_eq!(pair.calls.len() > held, admits);
                pair.compare()?;
            }
        }
    }
}
