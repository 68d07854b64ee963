//! Bounds that follow the values.

/// Evaluations until the bounds are known: ten minutes.
const WARM_UP: u32 = 60;
/// The part of a new value in the mean: an hour of evaluations each 10 s.
const WEIGHT: f64 = 1.0 / 360.0;
/// Standard deviations of the logarithm from the mean to a bound.
const WIDTH: f64 = 4.0;
/// The least standard deviation of the logarithm, for a constant value.
const MIN_DEVIATION: f64 = 0.02;
/// The least value that has a logarithm.
const MIN_VALUE: f64 = 1e-9;

/// Learns the usual value as mean and deviation of its logarithm, because durations and rates are skewed.
///
/// It does not learn from values outside, so that an incident does not become normal. A lasting change has to be
/// acknowledged by a restart or by a declared range.
#[derive(Clone, Debug, Default)]
pub(super) struct AdaptiveBounds {
    values: u32,
    mean: f64,
    variance: f64,
}

// === impl AdaptiveBounds ===

impl AdaptiveBounds {
    /// Adds a value, and returns whether it is outside. `None` while the bounds are being learned.
    pub(super) fn update(&mut self, value: f64) -> Option<bool> {
        let logarithm = value.max(MIN_VALUE).ln();
        let distance = (logarithm - self.mean).abs();
        let is_known = self.values >= WARM_UP;
        let outside = distance > WIDTH * self.variance.sqrt().max(MIN_DEVIATION);
        if !is_known || !outside {
            self.learn(logarithm);
        }
        is_known.then_some(outside)
    }

    fn learn(&mut self, logarithm: f64) {
        self.values = self.values.saturating_add(1);
        // A plain mean first, so that the first value does not count more than the others.
        let weight = (1.0 / f64::from(self.values)).max(WEIGHT);
        let difference = logarithm - self.mean;
        self.mean += weight * difference;
        self.variance = (1.0 - weight) * (self.variance + weight * difference * difference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_unknown_at_first() {
        let mut bounds = AdaptiveBounds::default();
        for _ in 0..WARM_UP {
            assert_eq!(bounds.update(0.1), None);
        }
        assert_eq!(bounds.update(0.1), Some(false));
        assert_eq!(bounds.update(0.3), Some(true));
    }

    #[test]
    fn nothing_is_learned_outside() {
        let mut bounds = AdaptiveBounds::default();
        for number in 0..200 {
            bounds.update(1.0 + f64::from(number % 7) / 50.0);
        }
        let before = bounds.clone();
        for _ in 0..100_000 {
            assert_eq!(bounds.update(5.0), Some(true));
        }
        assert_eq!(bounds.mean, before.mean);
        assert_eq!(bounds.variance, before.variance);
    }
}
