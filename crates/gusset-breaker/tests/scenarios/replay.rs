//! Replays scenarios against the breaker itself, through its public API, by a clock that is given.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use gusset_breaker::{Ballot, Breaker, Permit, Vote};
use gusset_core::{Clock, MockClock};

use crate::configure::{check_semantics, configure};
use crate::schema::{Expect, File, Op, Outcome, Scenario, State, Step};

/// What a replay came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) scenarios: usize,
    pub(crate) steps: usize,
    /// One line each.
    pub(crate) mismatches: Vec<String>,
}

/// Replays a file's text.
pub(crate) fn replay(text: &str) -> Result<Report, String> {
    let file: File =
        serde_json::from_str(text).map_err(|error| format!("not of the schema: {error}"))?;
    check_semantics(&file.default_semantics)?;
    let mut report = Report::default();
    for scenario in &file.scenarios {
        report.scenarios += 1;
        report.steps += scenario.steps.len();
        let mut wrong = |what: String| {
            report.mismatches.push(format!("{}: {what}", scenario.name));
        };
        match Play::begin(scenario) {
            Ok(mut play) => play.run(scenario, &mut wrong),
            Err(why) => wrong(why),
        }
    }
    crate::adaptive::check(&file.adaptive_cases, &mut report.mismatches);
    Ok(report)
}

/// A scenario under way.
struct Play {
    breaker: Breaker,
    hand: MockClock,
    at_ms: u64,
    config: serde_json::Map<String, serde_json::Value>,
    permits: HashMap<String, VecDeque<Permit>>,
}

impl Play {
    fn begin(scenario: &Scenario) -> Result<Self, String> {
        let (clock, hand) = Clock::manual();
        let breaker = Breaker::builder(scenario.name.clone())
            .config(configure(&scenario.config)?)
            .clock(clock)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            breaker,
            hand,
            at_ms: 0,
            config: scenario.config.clone(),
            permits: HashMap::new(),
        })
    }

    fn run(&mut self, scenario: &Scenario, wrong: &mut impl FnMut(String)) {
        for (index, step) in scenario.steps.iter().enumerate() {
            let mut wrong = |what: String| {
                let Step { op, at_ms, .. } = step;
                wrong(format!("step {index} ({op:?} at {at_ms} ms): {what}"));
            };
            // A clock that steps back stands still: time is monotonic.
            let ahead = step.at_ms.saturating_sub(self.at_ms);
            self.hand.advance(Duration::from_millis(ahead));
            self.at_ms += ahead;
            for _ in 0..step.repeat.unwrap_or(1) {
                match self.take(step) {
                    Ok(admitted) => {
                        if let Some(what) = differ("admitted", step.expect.admitted, admitted) {
                            wrong(what);
                        }
                    }
                    Err(why) => wrong(why),
                }
            }
            self.compare(&step.expect, &mut wrong);
        }
    }

    /// Does what a step says, once; whether a call was admitted, if there was one.
    fn take(&mut self, step: &Step) -> Result<Option<bool>, String> {
        let breaker = &self.breaker;
        if let Some(outcome) = step.op.outcome() {
            let id = step.call.as_deref().ok_or("names no call")?;
            let permit = self.permits.get_mut(id).and_then(VecDeque::pop_front);
            let permit = permit.ok_or(format!("call `{id}` holds no permit"))?;
            end(permit, outcome, step, step.duration_ms);
            return Ok(None);
        }
        match step.op {
            Op::Acquire => {
                let id = step.call.clone().ok_or("names no call")?;
                let permit = breaker.try_acquire();
                let admitted = permit.is_ok();
                self.permits.entry(id).or_default().extend(permit);
                return Ok(Some(admitted));
            }
            Op::Call => {
                let outcome = step.outcome.ok_or("has no outcome")?;
                let permit = breaker.try_acquire();
                let admitted = permit.is_ok();
                if let Ok(permit) = permit {
                    end(permit, outcome, step, Some(step.duration_ms.unwrap_or(0)));
                }
                return Ok(Some(admitted));
            }
            Op::Advance => breaker.tick(),
            Op::ForceOpen => breaker.force_open(),
            Op::ForceClose => breaker.close(),
            Op::Disable => breaker.disable(),
            Op::MetricsOnly => breaker.observe(),
            Op::Reset => breaker.reset(),
            Op::Trip => breaker.trip(),
            Op::Reconfigure => {
                let set = step.set.as_ref().ok_or("sets nothing")?;
                self.config.extend(set.clone());
                let config = configure(&self.config)?;
                breaker
                    .reconfigure(config)
                    .map_err(|error| error.to_string())?;
            }
            Op::Success | Op::Failure | Op::Ignore | Op::Cancel | Op::Panic => {}
        }
        Ok(None)
    }

    fn compare(&self, expect: &Expect, wrong: &mut impl FnMut(String)) {
        let breaker = &self.breaker;
        let compared = [
            differ("state", expect.state, Some(state(breaker.state()))),
            differ(
                "window_calls",
                expect.window_calls,
                Some(breaker.counts().calls),
            ),
            differ("permits_left", expect.permits_left, breaker.probes_left()),
        ];
        compared.into_iter().flatten().for_each(wrong);
    }
}

/// Ends a call as the step says.
fn end(permit: Permit, outcome: Outcome, step: &Step, took_ms: Option<u64>) {
    let wish = step.retry_after_ms.map(Duration::from_millis);
    let vote = match outcome {
        Outcome::Success => Vote::Success,
        Outcome::Failure => Vote::Failure,
        Outcome::Ignore => Vote::Ignore,
        Outcome::Cancel => return drop(permit),
        Outcome::Panic => {
            let thrown = catch_unwind(AssertUnwindSafe(|| {
                let _permit = permit;
                // Unlike `panic!`, says nothing on its way.
                resume_unwind(Box::new("as the scenario says"));
            }));
            return drop(thrown);
        }
    };
    let ballot = Ballot::new(vote).with_retry_after(wish);
    match took_ms {
        Some(took) => permit.vote_after(ballot, Duration::from_millis(took)),
        None => permit.vote(ballot),
    }
}

fn state(state: gusset_breaker::State) -> State {
    match state {
        gusset_breaker::State::Closed => State::Closed,
        gusset_breaker::State::Open => State::Open,
        gusset_breaker::State::HalfOpen => State::HalfOpen,
        gusset_breaker::State::ForcedOpen => State::ForcedOpen,
        gusset_breaker::State::Disabled => State::Disabled,
        gusset_breaker::State::Observing => State::MetricsOnly,
        other => unreachable!("no scenario knows {other:?}"),
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: Option<T>,
    is: Option<T>,
) -> Option<String> {
    let expected = expected?;
    match is {
        Some(is) if is == expected => None,
        Some(is) => Some(format!("{what} is {is:?}, expected {expected:?}")),
        None => Some(format!("{what} is nothing, expected {expected:?}")),
    }
}
