//! The breaker against a slow, obvious model of it: every result in a list, every time a number.

use std::time::Duration;

use gusset_breaker::{Ballot, Breaker, Config, HalfOpenPolicy, Permit, State, Vote};
use gusset_core::{Clock, MockClock};
use proptest::prelude::*;

/// A configuration that a person could read out.
#[derive(Clone, Debug)]
struct Plain {
    count: Option<u32>,
    time: Option<(u64, u32)>,
    minimum: u32,
    failure_percent: Option<u32>,
    slow: Option<(u64, u32)>,
    consecutive: Option<u32>,
    probes: u32,
    strict: bool,
    half_open_ms: Option<u64>,
    overdue_closes: bool,
    open_ms: u64,
    backoff: (u32, u64),
    wish_most: Option<u64>,
    auto: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Advance(u64),
    Acquire,
    /// Ends one of the calls under way.
    End(usize, Vote, u64, Option<u64>),
    Cancel(usize),
    Call(Vote, u64),
    Tick,
    Trip,
    Close,
    ForceOpen,
    Disable,
    Observe,
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
            let (open_ms, (multiplier, more), wish_most, auto) = open;
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
                strict: half_open.1 || failure_percent.is_none(),
                half_open_ms: half_open.2,
                overdue_closes: half_open.3,
                open_ms,
                backoff: (multiplier, open_ms + more),
                wish_most,
                auto,
            }
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let vote = || {
        prop_oneof![
            4 => Just(Vote::Success),
            4 => Just(Vote::Failure),
            1 => Just(Vote::Throttled),
            1 => Just(Vote::Ignore),
        ]
    };
    prop_oneof![
        6 => (0u64..40).prop_map(Act::Advance),
        1 => (0u64..10_000_000_000).prop_map(Act::Advance),
        6 => Just(Act::Acquire),
        6 => (any::<usize>(), vote(), 0u64..80, prop::option::of(0u64..500))
            .prop_map(|(at, vote, took, wish)| Act::End(at, vote, took, wish)),
        2 => any::<usize>().prop_map(Act::Cancel),
        10 => (vote(), 0u64..80).prop_map(|(vote, took)| Act::Call(vote, took)),
        2 => Just(Act::Tick),
        1 => prop_oneof![
            Just(Act::Trip),
            Just(Act::Close),
            Just(Act::ForceOpen),
            Just(Act::Disable),
            Just(Act::Observe),
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
            .open_for(ms(self.open_ms))
            .open_backoff(self.backoff.0.into(), ms(self.backoff.1));
        if let Some(size) = self.count {
            config = config.count_window(size).minimum_calls(self.minimum);
        }
        if let Some((size, buckets)) = self.time {
            config = config
                .time_window_in(ms(size), buckets)
                .minimum_calls(self.minimum);
        }
        if let Some(rate) = self.failure_percent {
            config = config.failure_rate(percent(rate));
        }
        if let Some((after, rate)) = self.slow {
            config = config.slow_calls(ms(after), percent(rate));
        }
        if let Some(failures) = self.consecutive {
            config = config.consecutive_failures(failures);
        }
        config = config.half_open_policy(if self.strict {
            HalfOpenPolicy::AnyFailure
        } else {
            HalfOpenPolicy::Rate
        });
        config = match self.half_open_ms {
            Some(limit) => config.half_open_max(ms(limit)),
            None => config.half_open_unlimited(),
        };
        if self.overdue_closes {
            config = config.half_open_closes_when_over();
        }
        if let Some(most) = self.wish_most {
            config = config.honour_retry_after(ms(most));
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
    /// When each result came, whether it failed, whether it was slow.
    results: Vec<(u64, bool, bool)>,
    run: u32,
    until: Option<u64>,
    opened: u32,
    issued: u32,
    votes: Vec<(bool, bool)>,
    late: u64,
    refused: u64,
}

impl Model {
    fn new(plain: Plain) -> Self {
        Self {
            plain,
            now: 0,
            state: State::Closed,
            generation: 0,
            results: vec![],
            run: 0,
            until: None,
            opened: 0,
            issued: 0,
            votes: vec![],
            late: 0,
            refused: 0,
        }
    }

    fn enter(&mut self, state: State, until: Option<u64>) {
        self.state = state;
        self.until = until;
        self.generation += 1;
        self.results.clear();
        self.run = 0;
        self.issued = 0;
        self.votes.clear();
        if matches!(state, State::Closed | State::Disabled | State::Observing) {
            self.opened = 0;
        }
    }

    fn open(&mut self, at: u64, wish: Option<u64>) {
        self.opened += 1;
        self.open_again(at, wish);
    }

    fn open_again(&mut self, at: u64, wish: Option<u64>) {
        let (multiplier, most) = self.plain.backoff;
        let mut delay = self.plain.open_ms;
        for _ in 1..self.opened {
            delay = (delay * u64::from(multiplier)).min(most);
        }
        if let Some(most) = self.plain.wish_most {
            delay = delay.max(wish.unwrap_or(0)).min(most);
        }
        self.enter(State::Open, Some(at + delay));
    }

    fn half_open(&mut self) {
        let limit = self.plain.half_open_ms.map(|limit| self.now + limit);
        self.enter(State::HalfOpen, limit);
    }

    /// What a timer would do.
    fn pass_time(&mut self) {
        let over = |until: Option<u64>, now| until.is_some_and(|until| now >= until);
        if self.state == State::HalfOpen && over(self.until, self.now) {
            let at = self.until.unwrap();
            if self.plain.overdue_closes {
                self.enter(State::Closed, None);
            } else {
                self.open(at, None);
            }
        }
    }

    fn pass_time_and_auto(&mut self) {
        self.pass_time();
        if self.state == State::Open && self.plain.auto && self.now >= self.until.unwrap() {
            self.half_open();
        }
    }

    fn acquire(&mut self) -> Option<u64> {
        self.pass_time();
        if self.state == State::Open && self.now >= self.until.unwrap() {
            self.half_open();
        }
        let admitted = match self.state {
            State::Closed | State::Disabled | State::Observing => true,
            State::HalfOpen if self.issued < self.plain.probes => {
                self.issued += 1;
                true
            }
            _ => false,
        };
        self.refused += u64::from(!admitted);
        admitted.then_some(self.generation)
    }

    fn live(&self) -> Vec<(u64, bool, bool)> {
        let mut live = self.results.clone();
        if let Some(size) = self.plain.count {
            live.drain(..live.len().saturating_sub(size as usize));
        } else if let Some((size, buckets)) = self.plain.time {
            let bucket = size / u64::from(buckets);
            live.retain(|(at, ..)| at / bucket + u64::from(buckets) > self.now / bucket);
        } else {
            live.clear();
        }
        live
    }

    fn vote(&mut self, generation: u64, vote: Vote, took: u64, wish: Option<u64>) {
        let slow = self.plain.slow.is_some_and(|(after, _)| took > after);
        let fail = matches!(vote, Vote::Failure | Vote::Throttled);
        if vote == Vote::Ignore {
            if self.state == State::HalfOpen {
                self.pass_time_and_auto();
                if self.generation == generation {
                    self.issued -= 1;
                }
            }
            return;
        }
        if self.generation != generation {
            self.pass_time_and_auto();
            self.late += 1;
            return;
        }
        match self.state {
            State::Closed | State::Observing => {
                self.results.push((self.now, fail, slow));
                match vote {
                    Vote::Success => self.run = 0,
                    Vote::Failure => self.run += 1,
                    _ => {}
                }
                let run = self
                    .plain
                    .consecutive
                    .is_some_and(|most| vote == Vote::Failure && self.run >= most);
                if (run || self.over_limits()) && self.state == State::Closed {
                    self.open(self.now, wish);
                }
            }
            State::HalfOpen => {
                if self.until.is_some_and(|until| self.now >= until) {
                    self.pass_time_and_auto();
                    self.late += 1;
                    return;
                }
                self.votes.push((fail, slow));
                let failed = self.votes.iter().filter(|(fail, _)| *fail).count();
                let slow = self.votes.iter().filter(|(_, slow)| *slow).count();
                let voted = self.votes.len();
                if self.plain.strict && failed > 0 {
                    self.open(self.now, wish);
                } else if voted == self.plain.probes as usize {
                    let over = |percent: Option<u32>, part: usize| {
                        percent.is_some_and(|percent| part * 100 >= percent as usize * voted)
                    };
                    let slow_percent = self.plain.slow.map(|(_, percent)| percent);
                    if over(self.plain.failure_percent, failed) || over(slow_percent, slow) {
                        self.open(self.now, wish);
                    } else {
                        self.enter(State::Closed, None);
                    }
                }
            }
            _ => {}
        }
    }

    fn over_limits(&self) -> bool {
        let live = self.live();
        if live.is_empty() || live.len() < self.plain.minimum as usize {
            return false;
        }
        let over = |percent: Option<u32>, part: usize| {
            percent.is_some_and(|percent| part * 100 >= percent as usize * live.len())
        };
        over(
            self.plain.failure_percent,
            live.iter().filter(|it| it.1).count(),
        ) || over(
            self.plain.slow.map(|(_, percent)| percent),
            live.iter().filter(|it| it.2).count(),
        )
    }
}

/// Breaker and model side by side.
struct Both {
    breaker: Breaker,
    hand: MockClock,
    model: Model,
    calls: Vec<(Permit, u64)>,
}

impl Both {
    fn acquire(&mut self) -> Result<(), TestCaseError> {
        let generation = self.model.acquire();
        let permit = self.breaker.try_acquire();
        prop_assert_eq!(permit.is_ok(), generation.is_some(), "admitted");
        self.calls.extend(permit.ok().zip(generation));
        Ok(())
    }

    fn end(&mut self, at: usize, vote: Vote, took: u64, wish: Option<u64>) {
        let (permit, generation) = self.calls.swap_remove(at);
        let ballot = Ballot::new(vote).with_retry_after(wish.map(Duration::from_millis));
        permit.vote_after(ballot, Duration::from_millis(took));
        self.model.vote(generation, vote, took, wish);
    }

    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        let (breaker, model) = (&self.breaker, &mut self.model);
        match *act {
            Act::Advance(by) => {
                self.hand.advance(Duration::from_millis(by));
                model.now += by;
            }
            Act::Acquire => self.acquire()?,
            Act::End(at, vote, took, wish) => {
                if !self.calls.is_empty() {
                    self.end(at % self.calls.len(), vote, took, wish);
                }
            }
            Act::Cancel(at) => {
                if !self.calls.is_empty() {
                    let (permit, generation) = self.calls.swap_remove(at % self.calls.len());
                    drop(permit);
                    self.model.vote(generation, Vote::Ignore, 0, None);
                }
            }
            Act::Call(vote, took) => {
                let held = self.calls.len();
                self.acquire()?;
                if self.calls.len() > held {
                    self.end(held, vote, took, None);
                }
            }
            Act::Tick => {
                breaker.tick();
                model.pass_time_and_auto();
            }
            Act::Trip => {
                breaker.trip();
                let again = model.state != State::Open;
                model.opened = (model.opened + u32::from(again)).max(1);
                model.open_again(model.now, None);
            }
            Act::Close => {
                breaker.close();
                model.enter(State::Closed, None);
            }
            Act::ForceOpen | Act::Disable | Act::Observe => {
                let state = match act {
                    Act::ForceOpen => State::ForcedOpen,
                    Act::Disable => State::Disabled,
                    _ => State::Observing,
                };
                match act {
                    Act::ForceOpen => breaker.force_open(),
                    Act::Disable => breaker.disable(),
                    _ => breaker.observe(),
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
        let live = model.live();
        prop_assert_eq!(counts.calls, live.len() as u64, "calls");
        prop_assert_eq!(
            counts.failures,
            live.iter().filter(|it| it.1).count() as u64
        );
        prop_assert_eq!(counts.slow, live.iter().filter(|it| it.2).count() as u64);
        prop_assert_eq!(breaker.late_results(), model.late, "late");
        prop_assert_eq!(breaker.refused(), model.refused, "rejected");
        let left = (model.state == State::HalfOpen).then(|| model.plain.probes - model.issued);
        prop_assert_eq!(breaker.probes_left(), left);
        if model.state == State::Open {
            let left = model.until.unwrap().saturating_sub(model.now);
            prop_assert_eq!(breaker.time_left(), Some(Duration::from_millis(left)));
        }
        if model.plain.consecutive.is_some()
            && matches!(model.state, State::Closed | State::Observing)
        {
            prop_assert_eq!(breaker.failures_in_a_row(), model.run);
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
    fn the_breaker_does_what_the_model_does(
        plain in plain(),
        acts in prop::collection::vec(act(), 0..120),
    ) {
        let (clock, hand) = Clock::manual();
        let breaker = Breaker::builder("stock").config(plain.config()).clock(clock).build().unwrap();
        let mut both = Both { breaker, hand, model: Model::new(plain), calls: vec![] };
        for act in &acts {
            both.act(act)?;
            both.compare()?;
            // What a call would meet, a call meets.
            let admits = both.breaker.would_admit();
            let state = both.breaker.state();
            both.compare()?;
            prop_assert_eq!(state, both.breaker.state());
            if matches!(act, Act::Tick) {
                let held = both.calls.len();
                both.acquire()?;
                prop_assert_eq!(both.calls.len() > held, admits);
                both.compare()?;
            }
        }
    }
}
