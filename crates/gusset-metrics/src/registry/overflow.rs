//! The limits of a registry, and the handles of keys over them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use gusset_data::METADATA;
use gusset_data::semconv::OTEL_METRIC_OVERFLOW;
use metrics::{Counter, CounterFn, GaugeFn, HistogramFn, Key, Metadata, Recorder as _};

use super::family::{Limits, Overflow};
use super::series::Series;
use super::{Registry, prometheus_names};
use crate::names::OVERFLOW_RECORDS;

/// The default of OpenTelemetry's SDK specification, "Cardinality limits".
pub(super) const DEFAULT_CARDINALITY_LIMIT: usize = 2000;

/// The metrics of one kind. Names that are made at run time are a mistake, which must not use memory
/// without bound.
pub(super) const MAX_METRICS: usize = 2000;

/// Gusset's own metrics are limited where they are configured, at most to this number of series: by
/// `cardinality_limit` of a layer, and by `max_breakers`.
const OWN_CARDINALITY_LIMIT: usize = 60_000;

/// The cardinality limits of a registry.
#[derive(Clone, Debug)]
pub(super) struct CardinalityLimits {
    pub(super) default: usize,
    /// By the Prometheus name of the metric.
    pub(super) by_name: HashMap<String, usize>,
}

/// A handle of a key that has no series. It records in the overflow series of its metric, or nowhere if
/// there are too many metrics, and counts its records.
pub(super) struct OverflowHandle<V> {
    pub(super) series: Option<Arc<Series<V>>>,
    pub(super) records: Counter,
}

// === impl CardinalityLimits ===

impl CardinalityLimits {
    /// Returns the limits for a key that is registered with this metadata. `of_view` overrides the number of
    /// series.
    pub(super) fn get(
        &self,
        name: &str,
        metadata: &Metadata<'_>,
        of_view: Option<usize>,
    ) -> Limits {
        let series = of_view.unwrap_or_else(|| self.series(name));
        if metadata.target() == METADATA.target() {
            return Limits {
                metrics: usize::MAX,
                series: of_view.unwrap_or_else(|| series.max(OWN_CARDINALITY_LIMIT)),
            };
        }
        Limits {
            metrics: MAX_METRICS,
            series,
        }
    }

    /// Returns the configured number of series of a metric.
    fn series(&self, name: &str) -> usize {
        if self.by_name.is_empty() {
            return self.default;
        }
        let name = prometheus_names::metric_name(name);
        self.by_name.get(&*name).copied().unwrap_or(self.default)
    }
}

// === impl Registry ===

impl Registry {
    /// Returns the handle of a key over the limits, and logs the first such key of each metric.
    ///
    /// No lock is held, because the subscriber may record metrics.
    #[cold]
    pub(super) fn overflow<V>(
        &self,
        key: &Key,
        limits: Limits,
        overflow: Overflow<V>,
    ) -> OverflowHandle<V> {
        let series = match overflow {
            Overflow::Series { series, is_new } => {
                if is_new {
                    OVERFLOW_RECORDS.describe(self);
                    tracing::warn!(
                        target: crate::TARGET,
                        {
                            gusset.metric.name = key.name(),
                            gusset.metric.limit = limits.series,
                        },
                        "cardinality limit reached: records with new labels go to one series with \
                         {OTEL_METRIC_OVERFLOW}=\"true\"; raise `cardinality_limit`, use fewer label \
                         values, or remove series",
                    );
                }
                Some(series)
            }
            Overflow::TooManyMetrics => {
                if !self.warned_metrics.swap(true, Relaxed) {
                    OVERFLOW_RECORDS.describe(self);
                    tracing::warn!(
                        target: crate::TARGET,
                        {
                            gusset.metric.name = key.name(),
                            gusset.metric.limit = MAX_METRICS,
                        },
                        "too many metrics: records of new names are dropped; use labels for what \
                         differs, and constant names",
                    );
                }
                None
            }
        };
        let records = Key::from_static_name(OVERFLOW_RECORDS.name);
        OverflowHandle {
            series,
            records: self.register_counter(&records, &METADATA),
        }
    }
}

// === impl OverflowHandle ===

impl<V: CounterFn> CounterFn for OverflowHandle<V> {
    fn increment(&self, value: u64) {
        self.records.increment(1);
        if let Some(series) = &self.series {
            series.increment(value);
        }
    }

    fn absolute(&self, value: u64) {
        self.records.increment(1);
        if let Some(series) = &self.series {
            series.absolute(value);
        }
    }
}

impl<V: GaugeFn> GaugeFn for OverflowHandle<V> {
    fn increment(&self, value: f64) {
        self.records.increment(1);
        if let Some(series) = &self.series {
            series.increment(value);
        }
    }

    fn decrement(&self, value: f64) {
        self.records.increment(1);
        if let Some(series) = &self.series {
            series.decrement(value);
        }
    }

    fn set(&self, value: f64) {
        self.records.increment(1);
        if let Some(series) = &self.series {
            series.set(value);
        }
    }
}

impl<V: HistogramFn> HistogramFn for OverflowHandle<V> {
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.records.increment(count as u64);
        if let Some(series) = &self.series {
            series.record_many(value, count);
        }
    }
}
