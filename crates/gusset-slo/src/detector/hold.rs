//! m of n values outside, and a separate time to clear.

use std::collections::VecDeque;

use super::State;
use crate::Hold;

/// Counts values outside.
///
/// The condition is that `outside` of the last `of` values are outside. The state is violated while the
/// condition holds, and for `clear` evaluations after it last did: the same as the alert in Prometheus,
/// `sum_over_time(…) >= m` with `keep_firing_for`.
#[derive(Clone, Debug)]
pub(crate) struct HoldDetector {
    hold: Hold,
    /// The last values, of which each may be unknown.
    recent: VecDeque<Option<bool>>,
    /// Evaluations since the condition last held.
    since: Option<u16>,
}

// === impl HoldDetector ===

impl HoldDetector {
    pub(crate) fn new(hold: Hold) -> Self {
        Self {
            hold,
            recent: VecDeque::with_capacity(usize::from(hold.of)),
            since: None,
        }
    }

    /// Adds a value: whether it is outside, or `None` if it is unknown, which counts as not outside.
    pub(crate) fn update(&mut self, outside: Option<bool>) -> State {
        let Self {
            hold,
            recent,
            since,
        } = self;
        if recent.len() == usize::from(hold.of) {
            recent.pop_front();
        }
        recent.push_back(outside);
        let count = recent.iter().filter(|value| **value == Some(true)).count();
        *since = match *since {
            _ if count >= usize::from(hold.outside) => Some(0),
            Some(since) if since < hold.clear => Some(since + 1),
            _ => None,
        };
        match since {
            Some(_) => State::Violated,
            None if recent.iter().all(Option::is_none) => State::Unknown,
            None => State::Normal,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn states(hold: Hold, values: &[Option<bool>]) -> Vec<State> {
        let mut detector = HoldDetector::new(hold);
        values.iter().map(|value| detector.update(*value)).collect()
    }

    /// Returns the states by their definition, read from all values again at each evaluation.
    fn model(hold: Hold, values: &[Option<bool>]) -> Vec<State> {
        let last = |end: usize, n: u16| &values[end.saturating_sub(usize::from(n))..end];
        let holds = |end: usize| {
            let outside = last(end, hold.of).iter().filter(|it| **it == Some(true));
            outside.count() >= usize::from(hold.outside)
        };
        (1..=values.len())
            .map(|end| {
                let first = end.saturating_sub(usize::from(hold.clear)).max(1);
                if (first..=end).any(holds) {
                    State::Violated
                } else if last(end, hold.of).iter().all(Option::is_none) {
                    State::Unknown
                } else {
                    State::Normal
                }
            })
            .collect()
    }

    #[test]
    fn single_value_outside_is_not_a_violation() {
        let hold = Hold {
            outside: 2,
            of: 3,
            clear: 2,
        };
        let (inside, outside) = (Some(false), Some(true));
        use State::{Normal, Unknown, Violated};
        assert_eq!(
            states(
                hold,
                &[
                    None, outside, inside, outside, inside, None, None, None, None
                ]
            ),
            [
                Unknown, Normal, Normal, Violated, Violated, Violated, Normal, Unknown, Unknown
            ],
        );
    }

    proptest! {
        #[test]
        fn detector_agrees_with_the_definition(
            (of, outside, clear) in (1u16..8).prop_flat_map(|of| (Just(of), 1..=of, 1u16..6)),
            values in prop::collection::vec(prop::option::of(any::<bool>()), 0..80),
        ) {
            let hold = Hold { outside, of, clear };
            prop_assert_eq!(states(hold, &values), model(hold, &values));
        }

        #[test]
        fn more_values_outside_never_regain_a_range(
            (of, outside, clear) in (1u16..8).prop_flat_map(|of| (Just(of), 1..=of, 1u16..6)),
            values in prop::collection::vec(any::<bool>(), 1..80),
            changed in any::<prop::sample::Index>(),
        ) {
            let hold = Hold { outside, of, clear };
            let before: Vec<_> = values.iter().map(|it| Some(*it)).collect();
            let mut after = before.clone();
            after[changed.index(values.len())] = Some(true);
            for (before, after) in states(hold, &before).into_iter().zip(states(hold, &after)) {
                prop_assert!(before != State::Violated || after == State::Violated);
            }
        }
    }
}
