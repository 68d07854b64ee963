//! The breaker compared with a simple model, which keeps every result in a list.

mod input;
mod reference;

use std::time::Duration;

use gusset_breaker::{CallReport, CallResult, CircuitBreaker, Permit, State};
use gusset_core::{Clock, MockClock};
use proptest::prelude::*;

use self::input::{Operation, operation, plain};
use self::reference::Model;

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
