//! The bucket boundaries of histograms.

use std::fmt;
use std::sync::Arc;

use metrics::Unit;

/// For seconds: the advice of OpenTelemetry's semantic conventions for `http.*.request.duration`,
/// `rpc.*.call.duration` and `messaging.*.duration`.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// For bytes: gusset's choice, because the conventions advise none. Powers of four from 64 B to
/// 64 MiB. The boundary `0` separates empty bodies from small ones.
const BYTES: [f64; 12] = [
    0.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// For other units: the default of OpenTelemetry's SDK specification, "Explicit Bucket Histogram
/// Aggregation".
const OTHER: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

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

    /// Returns the default boundaries of a unit, or without one those that the name suggests:
    /// `job_seconds`.
    pub(super) fn for_metric(prometheus_name: &str, unit: Option<Unit>) -> Arc<Self> {
        let is = |unit: &str| prometheus_name.rsplit('_').next() == Some(unit);
        Arc::new(Self::from_valid(match unit {
            Some(Unit::Seconds) => &SECONDS,
            Some(Unit::Bytes) => &BYTES,
            None if is("seconds") => &SECONDS,
            None if is("bytes") => &BYTES,
            _ => &OTHER,
        }))
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
    fn default_boundaries_are_valid() {
        for bounds in [&SECONDS[..], &BYTES, &OTHER] {
            assert!(Boundaries::new(bounds).is_ok());
        }
    }

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
