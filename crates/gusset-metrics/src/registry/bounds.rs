//! Where the buckets of a histogram end.

use std::fmt;
use std::sync::Arc;

use metrics::Unit;

/// For seconds: the advice of OpenTelemetry's semantic conventions for `http.*.request.duration`,
/// `rpc.*.call.duration` and `messaging.*.duration`.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// For bytes: nobody gives advice, so these are ours. Powers of four from 64 B to 64 MiB, each a
/// step one can see on a chart; `0` tells empty bodies from small ones.
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

/// For everything else: the default of OpenTelemetry's SDK specification, "Explicit Bucket
/// Histogram Aggregation".
const OTHER: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

/// Upper ends of buckets, inclusive: finite, ascending, at least one.
#[derive(Debug)]
pub struct Bounds {
    ends: Arc<[f64]>,
    /// Written once, not by every page.
    texts: Box<[String]>,
}

/// Why boundaries were refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum BadBounds {
    Empty,
    NotFinite(f64),
    NotAscending(f64, f64),
}

// === impl Bounds ===

impl Bounds {
    pub(super) fn new(ends: &[f64]) -> Result<Self, BadBounds> {
        if ends.is_empty() {
            return Err(BadBounds::Empty);
        }
        if let Some(end) = ends.iter().find(|end| !end.is_finite()) {
            return Err(BadBounds::NotFinite(*end));
        }
        if let Some(pair) = ends.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(BadBounds::NotAscending(pair[0], pair[1]));
        }
        Ok(Self::of(ends))
    }

    /// The boundaries for a unit nobody gave boundaries for.
    pub(super) fn for_unit(unit: Option<Unit>) -> Arc<Self> {
        Arc::new(Self::of(match unit {
            Some(Unit::Seconds) => &SECONDS,
            Some(Unit::Bytes) => &BYTES,
            _ => &OTHER,
        }))
    }

    /// The bucket a finite value falls in: the first whose end it does not exceed.
    #[inline]
    pub(super) fn bucket_of(&self, value: f64) -> usize {
        self.ends.partition_point(|end| *end < value)
    }

    /// How many buckets there are, the one without an end included.
    pub fn buckets(&self) -> usize {
        self.texts.len()
    }

    /// The upper ends, inclusive. The last bucket has none.
    pub fn ends(&self) -> &Arc<[f64]> {
        &self.ends
    }

    /// The ends as text, one for each bucket: `0.5` and so on, `+Inf` last.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    fn of(ends: &[f64]) -> Self {
        let finite = ends.iter().map(f64::to_string);
        Self {
            ends: ends.into(),
            texts: finite.chain(["+Inf".to_owned()]).collect(),
        }
    }
}

impl PartialEq for Bounds {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends
    }
}

// === impl BadBounds ===

impl fmt::Display for BadBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("at least one boundary is needed"),
            Self::NotFinite(end) => {
                write!(f, "{end} is not finite (the bucket `+Inf` is always there)")
            }
            Self::NotAscending(a, b) => write!(f, "not ascending: {a} is followed by {b}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_would_be_accepted_from_a_user() {
        for ends in [&SECONDS[..], &BYTES, &OTHER] {
            assert!(Bounds::new(ends).is_ok());
        }
    }

    #[test]
    fn a_value_on_a_boundary_falls_in_that_bucket() {
        let bounds = Bounds::new(&[1.0, 2.0]).unwrap();
        assert_eq!(bounds.bucket_of(1.0), 0);
        assert_eq!(bounds.bucket_of(1.000_000_1), 1);
        assert_eq!(bounds.bucket_of(2.0), 1);
        assert_eq!(bounds.bucket_of(2.1), 2);
        assert_eq!(bounds.bucket_of(-5.0), 0);
    }

    #[test]
    fn boundaries_that_mean_nothing_are_refused() {
        assert_eq!(Bounds::new(&[]), Err(BadBounds::Empty));
        assert_eq!(
            Bounds::new(&[1.0, 1.0]),
            Err(BadBounds::NotAscending(1.0, 1.0))
        );
        assert_eq!(
            Bounds::new(&[2.0, 1.0]),
            Err(BadBounds::NotAscending(2.0, 1.0))
        );
        assert_eq!(
            Bounds::new(&[1.0, f64::INFINITY]),
            Err(BadBounds::NotFinite(f64::INFINITY))
        );
        assert!(matches!(
            Bounds::new(&[f64::NAN]),
            Err(BadBounds::NotFinite(_))
        ));
    }
}
