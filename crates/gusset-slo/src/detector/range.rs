//! The detector of a normal range.

use super::adaptive::AdaptiveBounds;
use super::learned::Learning;
use super::{HoldDetector, ProposedRange, State};
use crate::{Mode, NormalRange};

/// Decides for each value of a range whether the range is left.
#[derive(Clone, Debug)]
pub(crate) struct RangeDetector {
    bounds: Bounds,
    hold: HoldDetector,
}

#[derive(Clone, Debug)]
enum Bounds {
    Declared(Option<f64>, Option<f64>),
    Learned(Learning),
    Adaptive(AdaptiveBounds),
}

// === impl RangeDetector ===

impl RangeDetector {
    pub(crate) fn new(range: &NormalRange) -> Self {
        let (low, high) = range.bounds();
        Self {
            bounds: match range.bounds_mode() {
                Mode::Declared => Bounds::Declared(low, high),
                Mode::Learned { evaluations } => {
                    Bounds::Learned(Learning::new(range.name().to_owned().into(), evaluations))
                }
                Mode::Adaptive => Bounds::Adaptive(AdaptiveBounds::default()),
            },
            hold: HoldDetector::new(range.hold_times()),
        }
    }

    /// Adds the value of an evaluation, or `None` if it is unknown. Returns the state, and a proposal when one
    /// is complete.
    pub(crate) fn update(&mut self, value: Option<f64>) -> (State, Option<ProposedRange>) {
        let value = value.filter(|value| value.is_finite());
        let outside = match &mut self.bounds {
            Bounds::Declared(low, high) => value.map(|value| {
                low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
            }),
            Bounds::Adaptive(bounds) => value.and_then(|value| bounds.update(value)),
            Bounds::Learned(learning) => {
                let proposal = value.and_then(|value| learning.update(value));
                return (State::Unknown, proposal);
            }
        };
        (self.hold.update(outside), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range() -> NormalRange {
        NormalRange::new("x", "y").hold(2, 2).clear(1)
    }

    fn last(range: &NormalRange, values: &[f64]) -> State {
        let mut detector = RangeDetector::new(range);
        let states = values.iter().map(|value| detector.update(Some(*value)).0);
        states.last().unwrap()
    }

    #[test]
    fn bounds_are_normal_values() {
        let range = range().low(1.0).high(2.0);
        assert_eq!(last(&range, &[1.0, 2.0]), State::Normal);
        assert_eq!(last(&range, &[0.9, 2.1]), State::Violated);
    }

    #[test]
    fn what_cannot_be_computed_is_unknown() {
        let range = range().high(2.0);
        assert_eq!(last(&range, &[f64::NAN, f64::NAN]), State::Unknown);
    }

    #[test]
    fn learned_range_is_never_violated() {
        let range = range().mode(Mode::Learned { evaluations: 10 });
        let mut detector = RangeDetector::new(&range);
        let updates = (0..100).map(|number| detector.update(Some(f64::from(number * number))));
        let updates: Vec<_> = updates.collect();
        assert!(updates.iter().all(|(state, _)| *state == State::Unknown));
        assert_eq!(updates.iter().filter(|(_, it)| it.is_some()).count(), 1);
    }

    #[test]
    fn adaptive_range_finds_a_shift() {
        let range = range().mode(Mode::Adaptive);
        let usual = (0..200).map(|number| 1.0 + f64::from(number % 5) / 100.0);
        let values: Vec<_> = usual.chain([3.0, 3.0]).collect();
        assert_eq!(last(&range, &values), State::Violated);
        assert_eq!(last(&range, &values[..200]), State::Normal);
    }
}
