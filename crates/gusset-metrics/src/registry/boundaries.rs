//! The bucket boundaries of histograms.

use std::fmt;
use std::sync::Arc;

use metrics::Unit;

/// The inclusive upper bounds of buckets: finite, ascending, at least one.
#[derive(Debug)]
pub struct Boundaries {
    upper_bounds: Arc<[f64]>,
    /// Formatted once, and not for each scrape.
    labels: Box<[String]>,
}

/// Boundaries that are invalid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BoundariesError {
    Empty,
    NotFinite(f64),
    NotAscending(f64, f64),
}

/// What is known of the values of a metric.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Values {
    pub(super) unit: Option<Unit>,
    /// The boundaries of a `MetricDescriptor`: the facade has none.
    pub(super) boundaries: Option<&'static [f64]>,
}

// === impl Boundaries ===

impl Boundaries {
    pub(super) fn new(upper_bounds: &[f64]) -> Result<Self, BoundariesError> {
        if upper_bounds.is_empty() {
            return Err(BoundariesError::Empty);
        }
        if let Some(bound) = upper_bounds.iter().find(|bound| !bound.is_finite()) {
            return Err(BoundariesError::NotFinite(*bound));
        }
        if let Some(pair) = upper_bounds.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(BoundariesError::NotAscending(pair[0], pair[1]));
        }
        Ok(Self::from_valid(upper_bounds))
    }

    /// Returns the boundaries of the description, or else the default ones of its unit, or without one those that the
    /// name suggests: `job_seconds`.
    pub(super) fn for_metric(name: &str, values: Values) -> Arc<Self> {
        let described = values.boundaries.and_then(|it| Self::new(it).ok());
        let default = || Self::from_valid(gusset_data::default_boundaries(name, values.unit));
        Arc::new(described.unwrap_or_else(default))
    }

    /// Returns the bucket of a finite value: the first with an upper bound that is not less.
    #[inline]
    pub(super) fn bucket_index(&self, value: f64) -> usize {
        self.upper_bounds.partition_point(|bound| *bound < value)
    }

    /// Returns the number of buckets, including the last one, which has no upper bound.
    pub fn bucket_count(&self) -> usize {
        self.labels.len()
    }

    /// Returns the inclusive upper bounds. The last bucket has none.
    pub fn upper_bounds(&self) -> &Arc<[f64]> {
        &self.upper_bounds
    }

    /// Returns the value of the label `le` of each bucket: `0.5` and so on, and `+Inf` for the last.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    fn from_valid(upper_bounds: &[f64]) -> Self {
        let finite = upper_bounds.iter().map(f64::to_string);
        Self {
            upper_bounds: upper_bounds.into(),
            labels: finite.chain(["+Inf".to_owned()]).collect(),
        }
    }
}

impl PartialEq for Boundaries {
    fn eq(&self, other: &Self) -> bool {
        self.upper_bounds == other.upper_bounds
    }
}

// === impl BoundariesError ===

impl fmt::Display for BoundariesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no boundaries"),
            Self::NotFinite(bound) => {
                write!(
                    f,
                    "{bound} is not finite (the bucket `+Inf` is always added)"
                )
            }
            Self::NotAscending(a, b) => write!(f, "not ascending: {a} is followed by {b}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds_are_inclusive() {
        let boundaries = Boundaries::new(&[1.0, 2.0]).unwrap();
        assert_eq!(boundaries.bucket_index(1.0), 0);
        assert_eq!(boundaries.bucket_index(1.000_000_1), 1);
        assert_eq!(boundaries.bucket_index(2.0), 1);
        assert_eq!(boundaries.bucket_index(2.1), 2);
        assert_eq!(boundaries.bucket_index(-5.0), 0);
    }

    #[test]
    fn invalid_boundaries_are_rejected() {
        assert_eq!(Boundaries::new(&[]), Err(BoundariesError::Empty));
        assert_eq!(
            Boundaries::new(&[1.0, 1.0]),
            Err(BoundariesError::NotAscending(1.0, 1.0))
        );
        assert_eq!(
            Boundaries::new(&[2.0, 1.0]),
            Err(BoundariesError::NotAscending(2.0, 1.0))
        );
        assert_eq!(
            Boundaries::new(&[1.0, f64::INFINITY]),
            Err(BoundariesError::NotFinite(f64::INFINITY))
        );
        assert!(matches!(
            Boundaries::new(&[f64::NAN]),
            Err(BoundariesError::NotFinite(_))
        ));
    }
}
