//! What a registry changes about metrics before it keeps them.

mod pattern;
mod sources;
mod streams;

use std::fmt;
use std::sync::Arc;

use gusset_data::{InstrumentKind, SharedStr};
use metrics::KeyName;

use self::pattern::Pattern;
pub(super) use self::sources::{CounterSource, GaugeSource, Source, Sources};
pub(super) use self::streams::{Stream, Streams};
use super::{Boundaries, ExponentialHistogram, prometheus_names};
use crate::ConfigError;

/// Changes what a [`Registry`](super::Registry) keeps of the metrics with a name: a view of OpenTelemetry's
/// SDKs. Set with [`RegistryBuilder::view`](super::RegistryBuilder::view).
///
/// A view is applied when a handle is registered, so every reader (the scrape endpoint, OTLP) shows the
/// same, and a removed label takes no memory. All views that match the name under which a metric is
/// recorded apply together: one that drops it wins, removed labels add up, and otherwise the last one
/// applies.
///
/// # Removed labels
/// Series that differ only in removed labels become one series. Counters, up-down counters and histograms
/// are added up, also values that were set absolutely. A gauge has the value that was set last, because
/// values such as a temperature have no sum.
///
/// # Cost
/// None for a handle that is kept, except a counter or a gauge without one of its labels, which costs one
/// more atomic operation a record.
///
/// ```
/// use gusset_metrics::{Registry, View};
/// use metrics::counter;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder()
///     .view(View::new("cache.*").drop_metric())
///     .view(View::new("orders").rename("shop.orders").remove_label("tenant"))
///     .build()?;
/// metrics::with_local_recorder(&registry, || {
///     counter!("cache.hits").increment(1);
///     counter!("orders", "tenant" => "a").increment(1);
///     counter!("orders", "tenant" => "b").increment(2);
/// });
///
/// let [orders] = &registry.counters()[..] else { panic!("not one metric") };
/// assert_eq!(orders.name(), "shop.orders");
/// let series: Vec<_> = orders.series().map(|it| (it.label_text(), it.value().get())).collect();
/// assert_eq!(series, [("", 3)]);
///
/// let invalid = Registry::builder().view(View::new("age").buckets(&[2.0, 1.0])).build();
/// assert_eq!(
///     invalid.unwrap_err().to_string(),
///     "`views.age.buckets`: not ascending: 2 is followed by 1",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a view does nothing until it is added to a registry"]
pub struct View {
    metric: String,
    kind: Option<InstrumentKind>,
    dropped: bool,
    name: Option<String>,
    description: Option<String>,
    removed_labels: Vec<String>,
    kept_labels: Option<Vec<String>>,
    buckets: Option<Vec<f64>>,
    exponential: Option<ExponentialHistogram>,
    cardinality_limit: Option<usize>,
}

// === impl View ===

impl View {
    /// Creates a view of the metrics with a name, which so far changes nothing.
    ///
    /// The name is the one under which metrics are recorded. `http.server.*` and `http_server_*` are the same,
    /// `*` stands for any characters and `?` for one.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            kind: None,
            dropped: false,
            name: None,
            description: None,
            removed_labels: Vec::new(),
            kept_labels: None,
            buckets: None,
            exponential: None,
            cardinality_limit: None,
        }
    }

    /// Restricts the view to metrics of a kind. Up-down counters and gauges are one kind here, as in the
    /// `metrics` facade. Defaults to all kinds.
    pub fn kind(mut self, kind: InstrumentKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Drops the metric: it is not recorded.
    pub fn drop_metric(mut self) -> Self {
        self.dropped = true;
        self
    }

    /// Renames the metric. Exporters add unit and `_total` to the new name as to any other.
    ///
    /// The new name begins with a letter, and has at most 255 letters, digits, `_`, `.`, `-` and `/`. The view
    /// has to name one metric, without `*` and `?`.
    pub fn rename(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Replaces the description of the metric.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Removes a label of the metric, `url.scheme`, or several: `url.*`. Can be called again for others.
    ///
    /// The name of a label begins with a letter or `_`, and has letters, digits, `_`, `.`, `-`, `/` and `:`.
    pub fn remove_label(mut self, label: impl Into<String>) -> Self {
        self.removed_labels.push(label.into());
        self
    }

    /// Removes all other labels of the metric, besides those that [`remove_label`](Self::remove_label)
    /// removes. The last call applies.
    pub fn keep_labels<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.kept_labels = Some(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the bucket boundaries of the metric, if it is a histogram. Overrides
    /// [`RegistryBuilder::buckets`](super::RegistryBuilder::buckets), which explains them.
    pub fn buckets(mut self, upper_bounds: &[f64]) -> Self {
        self.buckets = Some(upper_bounds.to_owned());
        self
    }

    /// Makes the metric exponential too, if it is a histogram. Overrides
    /// [`RegistryBuilder::exponential_histogram`](super::RegistryBuilder::exponential_histogram).
    ///
    /// ```
    /// use gusset_metrics::{ExponentialHistogram, Registry, View};
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let durations = View::new("*.duration").exponential_histogram(ExponentialHistogram::new());
    /// let registry = Registry::builder().view(durations).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exponential_histogram(mut self, settings: ExponentialHistogram) -> Self {
        self.exponential = Some(settings);
        self
    }

    /// Sets the maximum number of series of the metric. Overrides
    /// [`RegistryBuilder::metric_cardinality_limit`](super::RegistryBuilder::metric_cardinality_limit), and
    /// applies to gusset's own metrics too.
    pub fn cardinality_limit(mut self, series: usize) -> Self {
        self.cardinality_limit = Some(series);
        self
    }

    /// Returns the view with everything checked.
    fn check(self) -> Result<CheckedView, ConfigError> {
        let Self {
            metric,
            kind,
            dropped,
            name,
            description,
            removed_labels,
            kept_labels,
            buckets,
            exponential,
            cardinality_limit,
        } = self;
        let error = |setting: &str, reason: &dyn fmt::Display| {
            ConfigError::new(format!("views.{metric}{setting}"), reason)
        };
        let selector = Pattern::of_metric(&metric).ok_or_else(|| {
            error(
                "",
                &"not the name of a metric, which has no spaces and is not empty",
            )
        })?;
        if let Some(name) = &name {
            if selector.has_wildcards() {
                return Err(error(
                    ".rename",
                    &"requires the name of one metric, without `*` and `?`",
                ));
            }
            if !is_metric_name(name) {
                let reason = format!("`{name}` is not the name of a metric: {METRIC_NAME_RULE}");
                return Err(error(".rename", &reason));
            }
        }
        let labels = |setting: &str, labels: Vec<String>| {
            let patterns = labels.iter().map(|label| {
                Pattern::of_label(label).ok_or_else(|| {
                    let reason = format!("`{label}` is not the name of a label: {LABEL_NAME_RULE}");
                    error(setting, &reason)
                })
            });
            patterns.collect::<Result<Vec<_>, _>>()
        };
        let removed_labels = labels(".remove_label", removed_labels)?;
        let kept_labels = kept_labels
            .map(|kept| labels(".keep_labels", kept))
            .transpose()?;
        let boundaries = buckets.map(|bounds| Boundaries::new(&bounds)).transpose();
        let boundaries = boundaries.map_err(|reason| error(".buckets", &reason))?;
        let exponential = exponential.map(ExponentialHistogram::check).transpose();
        let exponential = exponential.map_err(|reason| {
            let setting = format!(".exponential_histogram.{}", reason.setting());
            error(&setting, &reason)
        })?;
        if cardinality_limit == Some(0) {
            return Err(error(".cardinality_limit", &"must be at least 1"));
        }
        Ok(CheckedView {
            selector,
            kind,
            dropped,
            name: name.map(KeyName::from),
            description: description.map(prometheus_names::shared_str),
            removed_labels,
            kept_labels,
            boundaries: boundaries.map(Arc::new),
            exponential,
            cardinality_limit,
        })
    }
}

/// A view that can be applied.
#[derive(Debug)]
struct CheckedView {
    selector: Pattern,
    kind: Option<InstrumentKind>,
    dropped: bool,
    name: Option<KeyName>,
    description: Option<SharedStr>,
    removed_labels: Vec<Pattern>,
    kept_labels: Option<Vec<Pattern>>,
    boundaries: Option<Arc<Boundaries>>,
    exponential: Option<ExponentialHistogram>,
    cardinality_limit: Option<usize>,
}

/// OpenTelemetry's "Instrument name syntax".
const METRIC_NAME_RULE: &str =
    "begin with a letter, and use at most 255 letters, digits, `_`, `.`, `-` and `/`";
const LABEL_NAME_RULE: &str =
    "begin with a letter or `_`, and use letters, digits, `_`, `.`, `-`, `/` and `:`";
const MAX_METRIC_NAME: usize = 255;

fn is_metric_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    name.len() <= MAX_METRIC_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_allowed)
}
