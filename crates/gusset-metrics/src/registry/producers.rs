//! Metrics that nothing records: those of other producers, read when the registry is.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gusset_data::{InstrumentKind, Metric, MetricData, MetricProducer};

use super::{Registry, prometheus_names};
use crate::TARGET;

/// The producers of a registry. It keeps none of them alive.
#[derive(Default)]
pub(super) struct Producers(Mutex<Vec<Weak<dyn MetricProducer>>>);

// === impl Registry ===

impl Registry {
    /// Shows the metrics of a producer beside the registry's own: on the scrape endpoint, over OTLP, and to every
    /// other reader.
    ///
    /// For values that are read and not recorded, for example those of the operating system. The producer is called
    /// with each read of the registry, so it must not block. Its metrics end when the last `Arc` of it is dropped.
    ///
    /// Of metrics with the same name the registry's own is shown, and then that of the producer that was added
    /// first. A [`View`](super::View) that drops a metric applies; other views do not, because the series are not
    /// those of the registry. A producer that panics has no metrics at that read, which is logged.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use gusset_data::{Metric, MetricData, MetricProducer, NumberDataPoint};
    /// use gusset_metrics::Registry;
    ///
    /// struct Temperature;
    ///
    /// impl MetricProducer for Temperature {
    ///     fn metrics(&self) -> Vec<Metric> {
    ///         let point = NumberDataPoint {
    ///             labels: [].into(),
    ///             start: std::time::SystemTime::UNIX_EPOCH,
    ///             value: 21.5,
    ///         };
    ///         vec![Metric {
    ///             name: "room.temperature".into(),
    ///             unit: "Cel".into(),
    ///             description: "".into(),
    ///             data: MetricData::Gauge(vec![point]),
    ///         }]
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let registry = Registry::builder().build()?;
    /// let temperature = Arc::new(Temperature);
    /// registry.add_producer(&temperature);
    /// assert_eq!(registry.metrics()[0].name, "room.temperature");
    ///
    /// drop(temperature);
    /// assert!(registry.metrics().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_producer<P: MetricProducer>(&self, producer: &Arc<P>) {
        let is_self = std::ptr::addr_eq(Arc::as_ptr(producer), self);
        if is_self {
            tracing::warn!(target: TARGET, "a registry is not added to itself");
            return;
        }
        let producer: Weak<dyn MetricProducer> = Arc::<P>::downgrade(producer);
        let Producers(producers) = &self.producers;
        let mut producers = producers.lock().unwrap_or_else(PoisonError::into_inner);
        producers.retain(|it| it.strong_count() > 0);
        producers.push(producer);
    }

    /// Returns the metrics of the producers that were added, for exporters that read counters, gauges and histograms
    /// themselves. [`MetricProducer::metrics`] has them already.
    pub fn produced(&self) -> Vec<Metric> {
        let mut names = BTreeSet::new();
        let mut metrics = Vec::new();
        for producer in self.producers.in_use() {
            let Ok(produced) = catch_unwind(AssertUnwindSafe(|| producer.metrics())) else {
                tracing::warn!(
                    target: TARGET,
                    "a producer of metrics panicked, its metrics are missing"
                );
                continue;
            };
            for metric in produced {
                let name = prometheus_names::metric_name(&metric.name).into_owned();
                if self.shows(&metric, &name) && names.insert(name) {
                    metrics.push(metric);
                }
            }
        }
        metrics
    }

    /// Returns whether no view drops a metric of a producer, and the registry has none with its name.
    fn shows(&self, metric: &Metric, prometheus_name: &str) -> bool {
        let kind = match metric.data {
            MetricData::Counter(_) => InstrumentKind::Counter,
            MetricData::UpDownCounter(_) => InstrumentKind::UpDownCounter,
            MetricData::Gauge(_) => InstrumentKind::Gauge,
            _ => InstrumentKind::Histogram,
        };
        let is_own = self.counters.has_series(prometheus_name)
            || self.gauges.has_series(prometheus_name)
            || self.histograms.has_series(prometheus_name);
        !is_own && self.views.for_metric(kind, &metric.name).is_some()
    }
}

// === impl Producers ===

impl Producers {
    /// Returns the producers that exist, so that they are called without the lock.
    fn in_use(&self) -> Vec<Arc<dyn MetricProducer>> {
        let Self(producers) = self;
        let producers = producers.lock().unwrap_or_else(PoisonError::into_inner);
        producers.iter().filter_map(Weak::upgrade).collect()
    }
}

impl fmt::Debug for Producers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Producers")
    }
}
