//! A proposal for the bounds of a range.

use std::fmt;

use gusset_data::SharedStr;

/// Median absolute deviations to the standard deviation of a normal distribution.
const DEVIATIONS: f64 = 1.48;
/// Deviations from the median to a proposed bound.
const WIDTH: f64 = 4.0;
/// The least distance from the median to a proposed bound, as a part of the median.
const MIN_WIDTH: f64 = 0.5;

/// Bounds that a [learned](crate::Mode::Learned) range proposes: the median plus and minus 50 %, or four standard
/// deviations where that is more.
///
/// `Display` is the text to commit. It is never active by itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProposedRange {
    /// The name of the range.
    pub range: SharedStr,
    /// The least value that is usual; `None` if it would be negative.
    pub low: Option<f64>,
    /// The greatest value that is usual.
    pub high: f64,
    /// The number of values that it was learned from.
    pub values: usize,
}

/// Collects values until there are enough.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    range: SharedStr,
    required: usize,
    values: Vec<f64>,
}

// === impl Learning ===

impl Learning {
    pub(super) fn new(range: SharedStr, required: u32) -> Self {
        Self {
            range,
            required: usize::try_from(required).unwrap_or(usize::MAX),
            values: Vec::new(),
        }
    }

    /// Adds a value. Returns the proposal with the value that completes it.
    pub(super) fn update(&mut self, value: f64) -> Option<ProposedRange> {
        if self.values.len() >= self.required {
            return None;
        }
        self.values.push(value);
        if self.values.len() < self.required {
            return None;
        }
        let median = median(&mut self.values);
        let mut distances: Vec<_> = self.values.iter().map(|it| (it - median).abs()).collect();
        let deviation = self::median(&mut distances) * DEVIATIONS;
        let width = (median.abs() * MIN_WIDTH).max(deviation * WIDTH);
        let proposal = ProposedRange {
            range: self.range.clone(),
            low: (median > width).then_some(median - width),
            high: median + width,
            values: self.required,
        };
        // They are not needed any more, but their number is.
        self.required = 0;
        self.values = Vec::new();
        Some(proposal)
    }
}

/// Sorts values, and returns the middle one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl fmt::Display for ProposedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(low) = self.low {
            write!(f, ".low({})", rounded(low))?;
        }
        write!(f, ".high({})", rounded(self.high))
    }
}

/// Rounds to three significant digits, which a person reads.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposal_is_made_once() {
        let mut learning = Learning::new("p99".into(), 11);
        for number in 0..10 {
            assert_eq!(learning.update(1.0 + f64::from(number) / 1000.0), None);
        }
        let proposal = learning.update(1.0).unwrap();
        assert_eq!(proposal.to_string(), ".low(0.502).high(1.51)");
        assert_eq!(learning.update(1.0), None);
    }

    #[test]
    fn proposal_of_scattered_values_has_no_low() {
        let mut learning = Learning::new("p99".into(), 101);
        let values = (0..101).map(f64::from);
        let proposal = values
            .filter_map(|value| learning.update(value))
            .next()
            .unwrap();
        assert_eq!(proposal.low, None);
        assert_eq!(proposal.high, 50.0 + 4.0 * 1.48 * 25.0);
    }
}
