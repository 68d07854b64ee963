//! The settings of an exponential histogram.

use std::fmt;

use super::index::{MAX_SCALE, MIN_SCALE};

/// Settings of an exponential histogram, which Prometheus calls a native histogram. Set with
/// [`RegistryBuilder::exponential_histogram`](crate::registry::RegistryBuilder::exponential_histogram) or
/// [`View::exponential_histogram`](crate::registry::View::exponential_histogram).
///
/// It needs no boundaries, and quantiles are exact up to a relative error. Boundaries are powers of a
/// base, `2^(2^-scale)`. The scale begins at its maximum. Whenever the values do not fit into the buckets that
/// are allowed, it is reduced by as much as is needed, which makes one bucket of several. So memory is bounded,
/// and the scale is always the greatest at which all values since the start of the series fit. It never
/// increases, and a reduction does not reset the counts.
///
/// # Error
/// A value that is estimated from its bucket is off by at most
/// [`relative_error`](gusset_data::ExponentialBuckets::relative_error). With 160 buckets:
///
/// | greatest value / least value | scale | base | relative error |
/// |---|---|---|---|
/// | up to 1.5 | 8 | 1.0027 | 0.14 % |
/// | up to 30 | 5 | 1.022 | 1.1 % |
/// | up to 900 (1 ms to 0.9 s) | 4 | 1.044 | 2.2 % |
/// | up to 900,000 (10 µs to 9 s) | 3 | 1.091 | 4.3 % |
/// | up to 9 · 10¹¹ | 2 | 1.189 | 8.6 % |
///
/// # Values
/// Zero, and magnitudes up to 2⁻¹²⁸, are counted in a bucket of their own. Negative values have buckets of
/// their own. Values that are not finite are ignored, as in every histogram of the registry. The least and the
/// greatest value are kept for OTLP.
///
/// # Readers
/// - OTLP exports an `ExponentialHistogram`.
/// - The scrape endpoint serves a native histogram in the Prometheus protobuf format, which Prometheus requests
///   with `scrape_native_histograms`, for scales from -4 to 8.
/// - Text formats have no native histograms. So the buckets of
///   [`buckets`](crate::registry::RegistryBuilder::buckets) are kept too, as Prometheus's client libraries do
///   with a histogram that is both, and all queries continue to work.
///
/// # Cost
/// Recording costs about as much again as in the other buckets. Besides their memory, a series takes 8 bytes for
/// each bucket that is allowed, for each shard of threads that records and for each scale that was in use: 1.3 kB
/// for 160, and seldom more than three scales.
///
/// ```
/// use gusset_metrics::{ExponentialHistogram, Registry};
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder()
///     .exponential_histogram("job.duration", ExponentialHistogram::new())
///     .build()?;
/// metrics::with_local_recorder(&registry, || {
///     metrics::histogram!("job.duration").record(0.5);
///     metrics::histogram!("job.duration").record(2.0);
/// });
///
/// let [durations] = &registry.histograms()[..] else { panic!("not one metric") };
/// let series = durations.series().next().expect("there is a series");
/// let buckets = series.value().exponential_buckets().expect("it is exponential");
/// assert_eq!((buckets.scale, buckets.count()), (6, 2));
/// # Ok(())
/// # }
/// ```
#[doc(alias = "native_histogram")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until they are added to a registry"]
pub struct ExponentialHistogram {
    pub(super) max_buckets: usize,
    pub(super) max_scale: i32,
}

/// Settings that are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::registry) enum ExponentialHistogramError {
    Buckets(usize),
    Scale(i32),
}

/// The default of OpenTelemetry's SDK specification, "Base2 Exponential Bucket Histogram Aggregation", and of
/// Prometheus's client libraries.
const DEFAULT_MAX_BUCKETS: usize = 160;

/// Two have all numbers at the least scale. More than the other number would be a mistake: 4,352 have
/// values from 100 µs to 13 s at the greatest scale.
const BUCKETS: std::ops::RangeInclusive<usize> = 2..=10_000;

/// The greatest scale that may be set: the greatest and default one of OpenTelemetry's SDKs.
const MAX_SETTING: i32 = 20;

// === impl ExponentialHistogram ===

impl ExponentialHistogram {
    /// Returns the default settings: 160 buckets for each sign, and any scale.
    pub const fn new() -> Self {
        Self {
            max_buckets: DEFAULT_MAX_BUCKETS,
            max_scale: MAX_SCALE,
        }
    }

    /// Sets the maximum number of buckets of each sign: 2 to 10,000. Defaults to 160.
    pub const fn max_buckets(mut self, buckets: usize) -> Self {
        self.max_buckets = buckets;
        self
    }

    /// Sets the maximum scale: -10 to 20. Defaults to 8, the greatest that is used; greater ones mean the same.
    ///
    /// A lesser one saves buckets where so small an error is of no use. 3 corresponds to the factor 1.1 of
    /// Prometheus's client libraries.
    pub const fn max_scale(mut self, scale: i32) -> Self {
        self.max_scale = scale;
        self
    }

    /// Returns valid settings.
    pub(in crate::registry) fn check(self) -> Result<Self, ExponentialHistogramError> {
        let Self {
            max_buckets,
            max_scale,
        } = self;
        if !BUCKETS.contains(&max_buckets) {
            return Err(ExponentialHistogramError::Buckets(max_buckets));
        }
        if !(MIN_SCALE..=MAX_SETTING).contains(&max_scale) {
            return Err(ExponentialHistogramError::Scale(max_scale));
        }
        Ok(Self {
            max_buckets,
            max_scale: max_scale.min(MAX_SCALE),
        })
    }
}

impl Default for ExponentialHistogram {
    fn default() -> Self {
        Self::new()
    }
}

// === impl ExponentialHistogramError ===

impl ExponentialHistogramError {
    /// Returns the setting that is invalid.
    pub(in crate::registry) const fn setting(self) -> &'static str {
        match self {
            Self::Buckets(_) => "max_buckets",
            Self::Scale(_) => "max_scale",
        }
    }
}

impl fmt::Display for ExponentialHistogramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buckets(buckets) => {
                write!(
                    f,
                    "{buckets} is not from {} to {}",
                    BUCKETS.start(),
                    BUCKETS.end()
                )
            }
            Self::Scale(scale) => write!(f, "{scale} is not from {MIN_SCALE} to {MAX_SETTING}"),
        }
    }
}
