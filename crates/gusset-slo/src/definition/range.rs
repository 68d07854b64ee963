//! Normal ranges of metrics.

use std::time::Duration;

use gusset_core::ConfigError;
use gusset_data::{InstrumentKind, MetricDescriptor, SharedStr};

use super::check_name;
use crate::AlertSeverity;

const DEFAULT_WINDOW: Duration = Duration::from_secs(60);
const MAX_WINDOW: Duration = Duration::from_secs(3600);
const DEFAULT_MIN_SAMPLES: u32 = 20;
/// The time between two evaluations, in process and in Prometheus.
pub(crate) const STEP: Duration = Duration::from_secs(10);
const MAX_HOLD: u16 = 360;

/// The range in which a metric normally is, and when leaving it counts.
///
/// It is plain data. [`ServiceLevelsBuilder::build`](crate::ServiceLevelsBuilder::build) validates it. The
/// range is evaluated each 10 s over the last window, in process and in Prometheus alike.
///
/// ```
/// use gusset_slo::{Aggregate, AlertSeverity, NormalRange, ServiceLevels};
///
/// let waiting = NormalRange::new("payments-p99", "http.client.request.duration")
///     .aggregate(Aggregate::Quantile(0.99))
///     .label("server.address", "payments")
///     .high(0.5)
///     .min_samples(50)
///     .hold(6, 6)
///     .clear(12)
///     .severity(AlertSeverity::Warning);
/// assert!(ServiceLevels::builder("shop").range(waiting).build().is_ok());
///
/// let nothing = NormalRange::new("payments-p99", "http.client.request.duration");
/// let error = ServiceLevels::builder("shop").range(nothing).build().unwrap_err();
/// assert_eq!(error.to_string(), "`ranges.payments-p99.high`: neither `high` nor `low` is set");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a range does nothing until it is added to service levels"]
pub struct NormalRange {
    name: SharedStr,
    metric: SharedStr,
    aggregate: Option<Aggregate>,
    labels: Vec<(SharedStr, SharedStr)>,
    window: Duration,
    low: Option<f64>,
    high: Option<f64>,
    min_samples: u32,
    hold: Hold,
    severity: AlertSeverity,
    mode: Mode,
    description: Option<SharedStr>,
    advice: Option<SharedStr>,
}

/// What is computed from the series of a metric over the window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Aggregate {
    /// The sum of the last values of all series. For gauges and up-down counters; the window is not used.
    Last,
    /// The increase a second. For counters, and for the number of values of a histogram.
    Rate,
    /// The mean of the values of a histogram.
    Mean,
    /// A quantile of a histogram, for example 0.99.
    Quantile(f64),
}

/// How long a value has to be outside before a range counts as left, and inside before it counts as
/// regained. In evaluations, of which there is one each 10 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "m of n, and the time to clear")]
pub struct Hold {
    /// The number of values outside, of the last `of` values.
    pub outside: u16,
    /// The number of values that are regarded.
    pub of: u16,
    /// The number of evaluations without the condition above until the range is regained.
    pub clear: u16,
}

/// Where the bounds of a range come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The bounds are those that are set.
    Declared,
    /// Bounds are proposed as text, after this number of evaluations, and nothing is watched.
    Learned {
        /// The number of values to learn from.
        evaluations: u32,
    },
    /// The bounds follow the values, in process only.
    ///
    /// It misses shifts to twice the usual value in seasonal series, so its severity is `warning` at most.
    Adaptive,
}

// === impl NormalRange ===

impl NormalRange {
    /// Creates a range of the values of a metric, by its name in OpenTelemetry's spelling.
    ///
    /// The aggregate is by default that of the metric's kind: the last value of a gauge or an up-down counter,
    /// the rate of a counter, the mean of a histogram. The window is 60 s, and six of six values outside it
    /// count, which is one minute.
    pub fn new(name: impl Into<SharedStr>, metric: impl Into<SharedStr>) -> Self {
        Self {
            name: name.into(),
            metric: metric.into(),
            aggregate: None,
            labels: Vec::new(),
            window: DEFAULT_WINDOW,
            low: None,
            high: None,
            min_samples: DEFAULT_MIN_SAMPLES,
            hold: Hold {
                outside: 6,
                of: 6,
                clear: 30,
            },
            severity: AlertSeverity::Warning,
            mode: Mode::Declared,
            description: None,
            advice: None,
        }
    }

    /// Sets what is computed from the series.
    pub fn aggregate(mut self, aggregate: Aggregate) -> Self {
        self.aggregate = Some(aggregate);
        self
    }

    /// Watches only series with this label.
    pub fn label(mut self, key: impl Into<SharedStr>, value: impl Into<SharedStr>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// Sets the time over which the aggregate is computed: 10 s to 1 h. Defaults to 60 s.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets the least normal value.
    pub fn low(mut self, low: f64) -> Self {
        self.low = Some(low);
        self
    }

    /// Sets the greatest normal value.
    pub fn high(mut self, high: f64) -> Self {
        self.high = Some(high);
        self
    }

    /// Sets the number of values that a mean or a quantile needs in the window; with fewer it is unknown,
    /// and not outside. Defaults to 20. Not used for other aggregates.
    pub fn min_samples(mut self, samples: u32) -> Self {
        self.min_samples = samples;
        self
    }

    /// Sets how many of the last values have to be outside. Defaults to 6 of 6, one minute.
    pub fn hold(mut self, outside: u16, of: u16) -> Self {
        self.hold.outside = outside;
        self.hold.of = of;
        self
    }

    /// Sets the number of evaluations after which a range that was left is regained. Defaults to 30, five
    /// minutes.
    pub fn clear(mut self, evaluations: u16) -> Self {
        self.hold.clear = evaluations;
        self
    }

    /// Sets how urgent leaving the range is. Defaults to `warning`.
    pub fn severity(mut self, severity: AlertSeverity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets where the bounds come from. Defaults to [`Mode::Declared`].
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets a sentence about the range, for alerts and documentation.
    pub fn description(mut self, description: impl Into<SharedStr>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets what a person has to do when the range is left: the text of the runbook.
    pub fn advice(mut self, advice: impl Into<SharedStr>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the metric.
    pub fn metric_name(&self) -> &str {
        &self.metric
    }

    /// Returns the least and the greatest normal value.
    pub fn bounds(&self) -> (Option<f64>, Option<f64>) {
        (self.low, self.high)
    }

    /// Returns how long a value has to be outside or inside.
    pub fn hold_times(&self) -> Hold {
        self.hold
    }

    /// Returns where the bounds come from.
    pub fn bounds_mode(&self) -> Mode {
        self.mode
    }

    /// Returns how urgent leaving the range is.
    pub fn alert_severity(&self) -> AlertSeverity {
        self.severity
    }

    pub(crate) fn window_time(&self) -> Duration {
        self.window
    }

    pub(crate) fn required_samples(&self) -> u32 {
        self.min_samples
    }

    pub(crate) fn labels(&self) -> &[(SharedStr, SharedStr)] {
        &self.labels
    }

    /// Returns the aggregate that was set, or that of the metric's kind.
    pub(crate) fn aggregate_of(&self, metric: &MetricDescriptor) -> Aggregate {
        let of_kind = match metric.kind {
            InstrumentKind::Counter => Aggregate::Rate,
            InstrumentKind::Histogram => Aggregate::Mean,
            _ => Aggregate::Last,
        };
        self.aggregate.unwrap_or(of_kind)
    }

    /// Returns what is normal, after the sentence that was set.
    pub(crate) fn sentence(&self, metric: &MetricDescriptor) -> String {
        let what = match self.aggregate_of(metric) {
            Aggregate::Last => "The value",
            Aggregate::Rate => "The rate",
            Aggregate::Mean => "The mean",
            Aggregate::Quantile(quantile) => &format!("The quantile {quantile}"),
        };
        let normal = format!(
            "{what} of {} is normally {}.",
            self.metric,
            self.bounds_text()
        );
        match &self.description {
            Some(description) => format!("{description} {normal}"),
            None => normal,
        }
    }

    pub(crate) fn bounds_text(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("from {low} to {high}"),
            (Some(low), None) => format!("at least {low}"),
            (None, Some(high)) => format!("at most {high}"),
            (None, None) => "not declared".to_owned(),
        }
    }

    pub(crate) fn advice_text(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    pub(crate) fn check(&self, metric: Option<&MetricDescriptor>) -> Result<(), ConfigError> {
        let Self {
            name,
            window,
            low,
            high,
            min_samples,
            hold,
            severity,
            mode,
            ..
        } = self;
        check_name(&format!("ranges.{name}.name"), name)?;
        let error = |field: &str, reason: &dyn std::fmt::Display| {
            Err(ConfigError::new(format!("ranges.{name}.{field}"), reason))
        };
        let Some(metric) = metric else {
            let reason = format_args!("the catalogue has no {:?}", &*self.metric);
            return error("metric", &reason);
        };
        self.check_aggregate(metric)?;
        if !(STEP..=MAX_WINDOW).contains(window) {
            return error("window", &"not from 10 s to 1 h");
        }
        for (field, bound) in [("low", low), ("high", high)] {
            if bound.is_some_and(|bound| !bound.is_finite()) {
                return error(field, &"not a finite number");
            }
        }
        match (low, high) {
            (None, None) if *mode == Mode::Declared => {
                return error("high", &"neither `high` nor `low` is set");
            }
            (Some(low), Some(high)) if low >= high => {
                return error("high", &format_args!("{high} is not above `low`, {low}"));
            }
            _ => {}
        }
        if *mode != Mode::Declared && (low.is_some() || high.is_some()) {
            return error("mode", &"bounds are set, so the mode has to be declared");
        }
        if matches!(mode, Mode::Learned { evaluations: 0..=9 }) {
            return error("mode", &"fewer than 10 values to learn from");
        }
        if *mode == Mode::Adaptive && *severity > AlertSeverity::Warning {
            return error(
                "severity",
                &"that of an adaptive range is `warning` at most",
            );
        }
        if hold.outside == 0 || hold.outside > hold.of || hold.of > MAX_HOLD {
            let reason = format_args!("{} of {} is not m of n up to 360", hold.outside, hold.of);
            return error("hold", &reason);
        }
        if hold.clear == 0 || hold.clear > MAX_HOLD {
            return error("clear", &"not from 1 to 360");
        }
        if *min_samples == 0 {
            return error("min_samples", &"0 is not a number of values");
        }
        Ok(())
    }

    fn check_aggregate(&self, metric: &MetricDescriptor) -> Result<(), ConfigError> {
        use InstrumentKind::{Counter, Gauge, Histogram, UpDownCounter};
        let aggregate = self.aggregate_of(metric);
        let setting = || format!("ranges.{}.aggregate", self.name);
        let fits = match aggregate {
            Aggregate::Last => matches!(metric.kind, Gauge | UpDownCounter),
            Aggregate::Rate => matches!(metric.kind, Counter | Histogram),
            Aggregate::Mean | Aggregate::Quantile(_) => metric.kind == Histogram,
        };
        if !fits {
            let kind = metric.kind.as_str();
            let reason = format_args!("{aggregate:?} is not for a {kind}");
            return Err(ConfigError::new(setting(), reason));
        }
        match aggregate {
            Aggregate::Quantile(quantile) if !(quantile > 0.0 && quantile < 1.0) => {
                let reason = format_args!("the quantile {quantile} is not between 0 and 1");
                Err(ConfigError::new(setting(), reason))
            }
            _ => Ok(()),
        }
    }
}
