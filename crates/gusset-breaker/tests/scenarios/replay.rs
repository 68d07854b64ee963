//! Replays scenarios through the public API of the breaker, with a mock clock.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use gusset_breaker::{CallReport, CallResult, CircuitBreaker, Permit};
use gusset_core::{Clock, MockClock};

use crate::configure::{check_semantics, configure};
use crate::schema::{Expect, File, Op, Outcome, Scenario, State, Step};

/// The outcome of a replay.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) scenarios: usize,
    pub(crate) steps: usize,
    /// One message per mismatch.
    pub(crate) mismatches: Vec<String>,
}

/// Replays the text of a file.
pub(crate) fn replay(text: &str) -> Result<Report, String> {
    let file: File = serde_json::from_str(text)
        .map_err(|error| format!("does not match the schema: {error}"))?;
    check_semantics(&file.default_semantics)?;
    let mut report = Report::default();
    for scenario in &file.scenarios {
        report.scenarios += 1;
        report.steps += scenario.steps.len();
        let mut mismatch = |what: String| {
            report.mismatches.push(format!("{}: {what}", scenario.name));
        };
        match Replay::start(scenario) {
            Ok(mut replay) => replay.run(scenario, &mut mismatch),
            Err(reason) => mismatch(reason),
        }
    }
    crate::adaptive::check(&file.adaptive_cases, &mut report.mismatches);
    Ok(report)
}

/// A scenario in progress.
struct Replay {
    breaker: CircuitBreaker,
    mock_clock: MockClock,
    at_ms: u64,
    config: serde_json::Map<String, serde_json::Value>,
    permits: HashMap<String, VecDeque<Permit>>,
}

impl Replay {
    fn start(scenario: &Scenario) -> Result<Self, String> {
        let (clock, mock_clock) = Clock::manual();
        let breaker = CircuitBreaker::builder(scenario.name.clone())
            .config(configure(&scenario.config)?)
            .clock(clock)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            breaker,
            mock_clock,
            at_ms: 0,
            config: scenario.config.clone(),
            permits: HashMap::new(),
        })
    }

    fn run(&mut self, scenario: &Scenario, mismatch: &mut impl FnMut(String)) {
        for (index, step) in scenario.steps.iter().enumerate() {
            let mut mismatch = |what: String| {
                let Step { op, at_ms, .. } = step;
                mismatch(format!("step {index} ({op:?} at {at_ms} ms): {what}"));
            };
            // Time is monotonic: a clock that steps back does not move.
            let ahead = step.at_ms.saturating_sub(self.at_ms);
            self.mock_clock.advance(Duration::from_millis(ahead));
            self.at_ms += ahead;
            for _ in 0..step.repeat.unwrap_or(1) {
                match self.execute(step) {
                    Ok(admitted) => {
                        if let Some(what) = difference("admitted", step.expect.admitted, admitted) {
                            mismatch(what);
                        }
                    }
                    Err(reason) => mismatch(reason),
                }
            }
            self.compare(&step.expect, &mut mismatch);
        }
    }

    /// Executes a step once. Returns whether a call was admitted, if the step has one.
    fn execute(&mut self, step: &Step) -> Result<Option<bool>, String> {
        let breaker = &self.breaker;
        if let Some(outcome) = step.op.outcome() {
            let id = step.call.as_deref().ok_or("names no call")?;
            let permit = self.permits.get_mut(id).and_then(VecDeque::pop_front);
            let permit = permit.ok_or(format!("call `{id}` holds no permit"))?;
            record(permit, outcome, step, step.duration_ms);
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
                    record(permit, outcome, step, Some(step.duration_ms.unwrap_or(0)));
                }
                return Ok(Some(admitted));
            }
            Op::Advance => breaker.tick(),
            Op::ForceOpen => breaker.force_open(),
            Op::ForceClose => breaker.close(),
            Op::Disable => breaker.disable(),
            Op::MetricsOnly => breaker.dry_run(),
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

    fn compare(&self, expect: &Expect, mismatch: &mut impl FnMut(String)) {
        let breaker = &self.breaker;
        let compared = [
            difference("state", expect.state, Some(state(breaker.state()))),
            difference(
                "window_calls",
                expect.window_calls,
                Some(breaker.counts().calls),
            ),
            difference(
                "permits_left",
                expect.permits_left,
                breaker.half_open_permits(),
            ),
        ];
        compared.into_iter().flatten().for_each(mismatch);
    }
}

/// Records the result of a call.
fn record(permit: Permit, outcome: Outcome, step: &Step, duration_ms: Option<u64>) {
    let retry_after = step.retry_after_ms.map(Duration::from_millis);
    let result = match outcome {
        Outcome::Success => CallResult::Success,
        Outcome::Failure => CallResult::Failure,
        Outcome::Ignore => CallResult::Ignored,
        Outcome::Cancel => return drop(permit),
        Outcome::Panic => {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let _permit = permit;
                // Unlike `panic!`, prints nothing.
                resume_unwind(Box::new("scenario panic"));
            }));
            return drop(panic);
        }
    };
    let report = CallReport::new(result).with_retry_after(retry_after);
    match duration_ms {
        Some(duration) => permit.record_with_duration(report, Duration::from_millis(duration)),
        None => permit.record(report),
    }
}

fn state(state: gusset_breaker::State) -> State {
    match state {
        gusset_breaker::State::Closed => State::Closed,
        gusset_breaker::State::Open => State::Open,
        gusset_breaker::State::HalfOpen => State::HalfOpen,
        gusset_breaker::State::ForcedOpen => State::ForcedOpen,
        gusset_breaker::State::Disabled => State::Disabled,
        gusset_breaker::State::DryRun => State::MetricsOnly,
        other => unreachable!("not in the schema: {other:?}"),
    }
}

fn difference<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: Option<T>,
    actual: Option<T>,
) -> Option<String> {
    let expected = expected?;
    match actual {
        Some(actual) if actual == expected => None,
        Some(actual) => Some(format!("{what} is {actual:?}, expected {expected:?}")),
        None => Some(format!("{what} is none, expected {expected:?}")),
    }
}
