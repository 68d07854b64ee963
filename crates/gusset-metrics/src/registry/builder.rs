//! Configures and builds a [`Registry`].

use std::collections::HashMap;

use gusset_core::Env;

use super::layouts::Layouts;
use super::overflow::{CardinalityLimits, DEFAULT_CARDINALITY_LIMIT};
use super::views::Streams;
use super::{ExponentialHistogram, Registry, View, prometheus_names};
use crate::{ConfigError, axum_prometheus, names};

/// Configures and builds a [`Registry`].
///
/// ```
/// use gusset_metrics::Registry;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder()
///     .buckets("db.client.operation.duration", &[0.001, 0.01, 0.1, 1.0])
///     .exemplars(false)
///     .build()?;
///
/// let invalid = Registry::builder().buckets("my.histogram", &[2.0, 1.0]).build();
/// assert_eq!(invalid.unwrap_err().setting(), "buckets.my.histogram");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RegistryBuilder {
    buckets: Vec<(String, Vec<f64>)>,
    exponential_histograms: Vec<(String, ExponentialHistogram)>,
    exemplars: Option<bool>,
    cardinality_limit: Option<usize>,
    cardinality_limits: Vec<(String, usize)>,
    views: Vec<View>,
}

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// Sets the bucket boundaries of one histogram, given the name under which it is recorded.
    ///
    /// `upper_bounds` are inclusive. The bucket `+Inf` is always added. The last call for a name
    /// applies. Defaults to the boundaries in [`names`](crate::names), or else to those of the unit with
    /// which the histogram was described:
    ///
    /// | unit | boundaries | origin |
    /// |---|---|---|
    /// | seconds | 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 | advice of the semantic conventions for `http.*` and `rpc.*` durations |
    /// | bytes | 0 64 256 1024 … 67108864, each four times the previous | gusset, the conventions advise none |
    /// | none, and the name ends in `seconds` or `bytes` | those of that unit | |
    /// | any other | 0 5 10 25 50 75 100 250 500 750 1000 2500 5000 7500 10000 | default of OpenTelemetry's SDKs |
    pub fn buckets(mut self, metric: impl Into<String>, upper_bounds: &[f64]) -> Self {
        self.buckets.push((metric.into(), upper_bounds.to_owned()));
        self
    }

    /// Makes one histogram exponential too, given the name under which it is recorded. Prometheus calls it a
    /// native histogram. See [`ExponentialHistogram`].
    ///
    /// The last call for a name applies. [`View::exponential_histogram`] does the same for several metrics.
    /// Defaults to none, or with `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` set to
    /// `base2_exponential_bucket_histogram` to all for which neither a view nor [`buckets`](Self::buckets) sets
    /// boundaries.
    ///
    /// ```
    /// use gusset_metrics::{ExponentialHistogram, Registry};
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let registry = Registry::builder()
    ///     .exponential_histogram("http.server.request.duration", ExponentialHistogram::new())
    ///     .build()?;
    ///
    /// let too_few = ExponentialHistogram::new().max_buckets(1);
    /// let invalid = Registry::builder().exponential_histogram("age", too_few).build();
    /// assert_eq!(
    ///     invalid.unwrap_err().to_string(),
    ///     "`exponential_histogram.age.max_buckets`: 1 is not from 2 to 10000",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "native_histogram")]
    pub fn exponential_histogram(
        mut self,
        metric: impl Into<String>,
        settings: ExponentialHistogram,
    ) -> Self {
        self.exponential_histograms.push((metric.into(), settings));
        self
    }

    /// Sets whether histograms keep exemplars: for each bucket, the first value since the last scrape or
    /// export that was recorded in a sampled span, with the ids of the span.
    ///
    /// Defaults to `OTEL_METRICS_EXEMPLAR_FILTER`: true for `trace_based`, its default, and false for
    /// `always_off`. `always_on` means the same as `trace_based`, because an exemplar is useless without
    /// its trace.
    pub fn exemplars(mut self, exemplars: bool) -> Self {
        self.exemplars = Some(exemplars);
        self
    }

    /// Sets the maximum number of series of each metric.
    ///
    /// Records with other labels go to one more series, with the label `otel.metric.overflow="true"`, see
    /// [`Registry`]. Defaults to 2,000, the default of OpenTelemetry's SDKs. Does not apply to gusset's own
    /// metrics, which are limited where they are configured.
    pub fn cardinality_limit(mut self, series: usize) -> Self {
        self.cardinality_limit = Some(series);
        self
    }

    /// Sets the maximum number of series of one metric, given the name under which it is recorded.
    ///
    /// The last call for a name applies. Defaults to [`cardinality_limit`](Self::cardinality_limit).
    pub fn metric_cardinality_limit(mut self, metric: impl Into<String>, series: usize) -> Self {
        self.cardinality_limits.push((metric.into(), series));
        self
    }

    /// Adds a view, which drops or renames metrics, removes labels, or sets boundaries. Defaults to none.
    ///
    /// All views that match a metric apply, see [`View`].
    pub fn view(mut self, view: View) -> Self {
        self.views.push(view);
        self
    }

    /// Adds the settings of another builder below those of this one, which override them.
    ///
    /// ```
    /// use gusset_metrics::{Registry, View};
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let of_file = Registry::builder().cardinality_limit(100).view(View::new("a").drop_metric());
    /// let of_code = Registry::builder().cardinality_limit(500);
    /// let registry = of_code.with_defaults(of_file).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_defaults(self, mut defaults: Self) -> Self {
        let Self {
            buckets,
            exponential_histograms,
            exemplars,
            cardinality_limit,
            cardinality_limits,
            views,
        } = self;
        // For one name the last setting applies.
        defaults.buckets.extend(buckets);
        defaults
            .exponential_histograms
            .extend(exponential_histograms);
        defaults.cardinality_limits.extend(cardinality_limits);
        defaults.views.extend(views);
        Self {
            exemplars: exemplars.or(defaults.exemplars),
            cardinality_limit: cardinality_limit.or(defaults.cardinality_limit),
            ..defaults
        }
    }

    /// Returns whether nothing was set.
    ///
    /// ```
    /// use gusset_metrics::Registry;
    ///
    /// assert!(Registry::builder().is_empty());
    /// assert!(!Registry::builder().exemplars(false).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        let Self {
            buckets,
            exponential_histograms,
            exemplars,
            cardinality_limit,
            cardinality_limits,
            views,
        } = self;
        buckets.is_empty()
            && exponential_histograms.is_empty()
            && exemplars.is_none()
            && cardinality_limit.is_none()
            && cardinality_limits.is_empty()
            && views.is_empty()
    }

    /// Builds the registry, with the environment of the process. Starts and installs nothing.
    ///
    /// # Errors
    /// If boundaries are empty, not finite or not strictly ascending, settings of an exponential histogram are
    /// out of range, a cardinality limit is zero, or a view has an invalid name of a metric or label. The error
    /// names the setting.
    pub fn build(self) -> Result<Registry, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the registry, with the environment that `env` returns.
    ///
    /// # Errors
    /// If boundaries are empty, not finite or not strictly ascending, settings of an exponential histogram are
    /// out of range, a cardinality limit is zero, or a view has an invalid name of a metric or label. The error
    /// names the setting.
    pub fn build_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Registry, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the registry in an environment.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(self, env: Env<'_>) -> Result<Registry, ConfigError> {
        let Self {
            buckets,
            exponential_histograms,
            exemplars,
            cardinality_limit,
            cardinality_limits,
            views,
        } = self;
        let streams = Streams::new(views)?;
        let limits = limits(cardinality_limit, cardinality_limits)?;
        let layouts = layouts(env, buckets, exponential_histograms)?;
        let exemplars = exemplars.unwrap_or_else(|| is_exemplar_filter_on(env));
        Ok(Registry::new(layouts, exemplars, limits, streams))
    }
}

fn layouts(
    env: Env<'_>,
    buckets: Vec<(String, Vec<f64>)>,
    exponential_histograms: Vec<(String, ExponentialHistogram)>,
) -> Result<Layouts, ConfigError> {
    let are_exponential = is_exponential_default(env);
    let mut layouts = Layouts::new(are_exponential.then(ExponentialHistogram::new));
    let of_buckets = |metric: &str, error| ConfigError::new(format!("buckets.{metric}"), error);
    for metric in names::ALL.iter().chain([&axum_prometheus::DURATION]) {
        if let Some(upper_bounds) = metric.boundaries {
            let set = layouts.set_default(metric.name, upper_bounds);
            set.map_err(|error| of_buckets(metric.name, error))?;
        }
    }
    for (metric, upper_bounds) in buckets {
        let set = layouts.set_explicit(&metric, &upper_bounds);
        set.map_err(|error| of_buckets(&metric, error))?;
    }
    for (metric, settings) in exponential_histograms {
        let set = layouts.set_exponential(&metric, settings);
        set.map_err(|error| {
            let setting = format!("exponential_histogram.{metric}.{}", error.setting());
            ConfigError::new(setting, error)
        })?;
    }
    Ok(layouts)
}

fn limits(
    default: Option<usize>,
    of_metrics: Vec<(String, usize)>,
) -> Result<CardinalityLimits, ConfigError> {
    let zero = |setting: String| Err(ConfigError::new(setting, "must be at least 1"));
    let default = default.unwrap_or(DEFAULT_CARDINALITY_LIMIT);
    if default == 0 {
        return zero("cardinality_limit".to_owned());
    }
    let mut by_name = HashMap::new();
    for (metric, limit) in of_metrics {
        if limit == 0 {
            return zero(format!("metric_cardinality_limit.{metric}"));
        }
        by_name.insert(prometheus_names::metric_name(&metric).into_owned(), limit);
    }
    Ok(CardinalityLimits { default, by_name })
}

const DEFAULT_AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
const EXPLICIT: &str = "explicit_bucket_histogram";
const EXPONENTIAL: &str = "base2_exponential_bucket_histogram";

/// Reads the default aggregation of histograms.
fn is_exponential_default(env: Env<'_>) -> bool {
    choice(env, DEFAULT_AGGREGATION, &[EXPLICIT, EXPONENTIAL]) == Some(EXPONENTIAL)
}

const EXEMPLAR_FILTER: &str = "OTEL_METRICS_EXEMPLAR_FILTER";

/// Reads the exemplar filter.
fn is_exemplar_filter_on(env: Env<'_>) -> bool {
    let known = ["trace_based", "always_on", "always_off"];
    choice(env, EXEMPLAR_FILTER, &known) != Some("always_off")
}

/// Reads a variable that has one of a few values. As the specification demands, an unknown one is logged and
/// ignored.
fn choice<'a>(env: Env<'_>, name: &str, known: &[&'a str]) -> Option<&'a str> {
    let value = env.var(name).unwrap_or_else(|error| {
        tracing::warn!(target: crate::TARGET, "ignoring {error}");
        None
    })?;
    let mut known_values = known.iter().copied();
    let chosen = known_values.find(|known| value.eq_ignore_ascii_case(known));
    if chosen.is_none() {
        tracing::warn!(
            target: crate::TARGET,
            "ignoring `{name}`: it is none of `{}`",
            known.join("`, `")
        );
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplars(filter: Option<&str>) -> bool {
        let filter = filter.map(str::to_owned);
        let env = |name: &str| filter.clone().filter(|_| name == EXEMPLAR_FILTER);
        Registry::builder().build_with(env).unwrap().exemplars
    }

    #[test]
    fn exemplar_filter_is_read_from_environment() {
        for on in [
            None,
            Some(""),
            Some("trace_based"),
            Some("ALWAYS_ON"),
            Some("sometimes"),
        ] {
            assert!(exemplars(on), "{on:?}");
        }
        for off in [Some("always_off"), Some(" Always_Off ")] {
            assert!(!exemplars(off), "{off:?}");
        }
    }

    #[test]
    fn builder_overrides_environment() {
        let off = |_: &str| Some("always_off".to_owned());
        let registry = Registry::builder().exemplars(true).build_with(off);
        assert!(registry.unwrap().exemplars);
    }
}
