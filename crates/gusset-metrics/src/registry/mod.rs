//! A recorder that keeps all metrics in memory, for exporters to read.

mod boundaries;
mod builder;
mod counter;
mod exemplars;
mod exponential;
mod family;
mod gauge;
mod handle_cache;
mod histogram;
mod key_names;
mod layouts;
mod overflow;
mod producer;
mod producers;
pub mod prometheus_names;
mod recorder;
mod scoped_gauge;
mod series;
mod sharded;
mod views;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use gusset_data::InstrumentKind;
use metrics::{Key, Metadata};

pub use self::boundaries::Boundaries;
pub use self::builder::RegistryBuilder;
pub use self::counter::CounterValue;
pub use self::exponential::ExponentialHistogram;
use self::family::{Limits, Lookup, MetricFamilies};
use self::gauge::AtomicGaugeKind;
pub use self::gauge::GaugeValue;
use self::handle_cache::HandleCache;
pub use self::histogram::HistogramValue;
use self::histogram::Layout;
use self::layouts::Layouts;
use self::overflow::{CardinalityLimits, OverflowHandle};
use self::producers::Producers;
pub use self::scoped_gauge::ScopedGauge;
pub use self::series::{MetricFamily, Series};
use self::sharded::{ShardedCell, SlabAllocator};
pub use self::views::View;
use self::views::{CounterSource, GaugeSource, Sources, Stream, Streams};

/// Keeps all series of all metrics. Implements [`metrics::Recorder`] and
/// [`MetricProducer`](gusset_data::MetricProducer).
///
/// Several registries can be used in one process. Share one in an `Arc`: pass it to observers, use it in
/// a scope with [`metrics::with_local_recorder`], or in the whole process with
/// [`metrics::set_global_recorder`].
///
/// # Names
///
/// Names are OpenTelemetry's. Metrics of one kind with the same Prometheus name (`queue.depth` and
/// `queue_depth`) are one metric, under the first name, and series with the same Prometheus labels are
/// one series. So all exporters show the same series.
///
/// Describe a metric before it is used: exporters need its unit, and the unit determines the default
/// boundaries of a histogram. The first description applies.
///
/// A gauge is an up-down counter if its [`MetricDescriptor`](gusset_data::MetricDescriptor) states it, or, without one, if the first
/// operation on any of its series is an addition or a subtraction. Otherwise it is a gauge.
///
/// # Cost
///
/// To record costs an atomic addition for a counter, and an atomic exchange or store for a gauge. A
/// histogram costs a search among its boundaries, an addition and an exchange. The values are sharded by
/// thread, so that processors do not wait for each other. Recording does not allocate, lock or wait, also
/// while exporters read. The only exception is the first record of a series in a sampled span, which
/// allocates memory for its exemplars.
///
/// To register a handle costs a read lock, and a few allocations the first time. A series of a counter takes about 250
/// bytes with three labels, of which eight are for each shard; one of a histogram takes about 300 bytes, and 200 for each
/// shard, so use few label values. There are as many shards as processors, at most eight. An
/// [`ExponentialHistogram`] takes more.
///
/// # Limits
///
/// A metric has at most 2,000 series by default ([`RegistryBuilder::cardinality_limit`]). Records with
/// other labels go to one more series, with the label `otel.metric.overflow="true"`. They are counted in
/// `gusset.metrics.overflow_records`, and the first of each metric is logged as a warning. Metrics of
/// gusset's own layers are limited by the layers.
///
/// A registry has at most 2,000 counters, gauges and histograms each. Records of other names are dropped,
/// and counted in the same metric.
///
/// A series exists until it is removed: [`remove`](Self::remove), or a
/// [`scoped_gauge`](Self::scoped_gauge) that is dropped.
///
/// # Views
///
/// A [`View`] drops or renames a metric, removes labels, or sets buckets, for all readers alike.
///
/// # Exemplars
///
/// A histogram keeps, for each bucket, the first value since the last read that was recorded while
/// [`SpanIds::current`](gusset_core::SpanIds::current) was sampled. See
/// [`RegistryBuilder::exemplars`].
///
/// # Example
///
/// ```
/// use gusset_data::{MetricData, MetricProducer};
/// use gusset_metrics::Registry;
/// use metrics::{Unit, counter, describe_histogram, histogram};
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder().build()?;
/// metrics::with_local_recorder(&registry, || {
///     describe_histogram!("job.duration", Unit::Seconds, "Duration of jobs.");
///     histogram!("job.duration", "job.kind" => "nightly").record(0.3);
///     counter!("jobs").increment(1);
/// });
///
/// let metrics = registry.metrics();
/// assert_eq!(metrics[0].name, "job.duration");
/// assert_eq!(metrics[0].unit, "s");
/// let MetricData::Counter(jobs) = &metrics[1].data else { panic!("not a counter") };
/// assert_eq!(jobs[0].value, 1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Registry {
    counters: MetricFamilies<CounterValue, ()>,
    gauges: MetricFamilies<GaugeValue, Arc<AtomicGaugeKind>>,
    /// The layout is that of the first series, because histograms with different buckets cannot be added.
    histograms: MetricFamilies<HistogramValue, Option<Layout>>,
    counter_handles: HandleCache<CounterValue>,
    gauge_handles: HandleCache<GaugeValue>,
    histogram_handles: HandleCache<HistogramValue>,
    limits: CardinalityLimits,
    /// The names with several kinds, so that each is logged once. There are no more than metrics.
    conflicts: Mutex<BTreeSet<String>>,
    /// Whether too many metrics were logged.
    warned_metrics: AtomicBool,
    /// The memory of counters and gauges.
    allocator: Mutex<SlabAllocator>,
    layouts: Layouts,
    exemplars: bool,
    views: Streams,
    /// The keys whose labels a view removes.
    counter_sources: Sources<CounterSource>,
    gauge_sources: Sources<GaugeSource>,
    producers: Producers,
}

/// What records for a key.
enum Handle<V> {
    Series(Arc<Series<V>>),
    /// The series of several keys, because a view removed labels.
    Merged(Arc<Series<V>>),
    Overflow(Arc<OverflowHandle<V>>),
    /// A view drops the metric.
    Dropped,
}

// === impl Registry ===

impl Registry {
    /// Returns a builder.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    fn new(layouts: Layouts, exemplars: bool, limits: CardinalityLimits, views: Streams) -> Self {
        Self {
            counters: MetricFamilies::new(),
            gauges: MetricFamilies::new(),
            histograms: MetricFamilies::new(),
            counter_handles: HandleCache::new(),
            gauge_handles: HandleCache::new(),
            histogram_handles: HandleCache::new(),
            limits,
            conflicts: Mutex::default(),
            warned_metrics: AtomicBool::new(false),
            allocator: Mutex::default(),
            layouts,
            exemplars,
            views,
            counter_sources: Sources::new(),
            gauge_sources: Sources::new(),
            producers: Producers::default(),
        }
    }

    /// Returns the counters, in the order of their Prometheus names.
    ///
    /// For exporters that render text. Series are shared and not copied, and values are read when they
    /// are used.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_metrics::ConfigError> {
    /// let registry = gusset_metrics::Registry::builder().build()?;
    /// metrics::with_local_recorder(&registry, || {
    ///     metrics::counter!("jobs.done", "job.kind" => "nightly").increment(3);
    /// });
    ///
    /// for family in registry.counters() {
    ///     for series in family.series() {
    ///         let text = format!("{}{{{}}}", family.prometheus_name(), series.label_text());
    ///         assert_eq!(text, r#"jobs_done{job_kind="nightly"}"#);
    ///         assert_eq!(series.value().get(), 3);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn counters(&self) -> Vec<MetricFamily<CounterValue>> {
        families(self.counters.read(|()| ()))
    }

    /// Returns the gauges, like [`counters`](Self::counters).
    pub fn gauges(&self) -> Vec<MetricFamily<GaugeValue>> {
        families(self.gauges.read(|_| ()))
    }

    /// Returns the histograms, like [`counters`](Self::counters).
    pub fn histograms(&self) -> Vec<MetricFamily<HistogramValue>> {
        families(self.histograms.read(|_| ()))
    }

    fn counter_series(&self, key: &Key, limits: Limits) -> Lookup<CounterValue> {
        let create = |(): &mut (), _| CounterValue::new(self.alloc());
        self.counters.series(key, None, limits, create)
    }

    fn gauge_series(&self, key: &Key, limits: Limits) -> Lookup<GaugeValue> {
        let create =
            |kind: &mut Arc<AtomicGaugeKind>, _| GaugeValue::new(self.alloc(), Arc::clone(kind));
        self.gauges.series(key, None, limits, create)
    }

    /// Returns the series of a histogram, given also its name before views.
    fn histogram_series(
        &self,
        recorded_name: &str,
        key: &Key,
        stream: &Stream<'_>,
        limits: Limits,
    ) -> Lookup<HistogramValue> {
        let create = |used: &mut Option<Layout>, values| {
            let layout = used.get_or_insert_with(|| {
                self.layouts
                    .layout(recorded_name, key.name(), stream, values)
            });
            HistogramValue::new(layout, self.exemplars)
        };
        self.histograms.series(key, Some("le"), limits, create)
    }

    /// Returns what records for a key.
    fn handle<V>(
        &self,
        kind: InstrumentKind,
        key: &Key,
        metadata: &Metadata<'_>,
        handles: &HandleCache<V>,
        find: impl FnOnce(&Key, &Stream<'_>, Limits) -> Lookup<V>,
    ) -> Handle<V> {
        if let Some(series) = handles.get(key) {
            return Handle::Series(series);
        }
        let Some(stream) = self.views.for_metric(kind, key.name()) else {
            return Handle::Dropped;
        };
        let limits = self
            .limits
            .get(key.name(), metadata, stream.cardinality_limit());
        let kept = stream.key(key);
        let series = match find(&kept.key, &stream, limits) {
            Ok(series) => series,
            Err(overflow) => {
                return Handle::Overflow(Arc::new(self.overflow(&kept.key, limits, overflow)));
            }
        };
        self.check_kinds(kept.key.name());
        if kept.is_merged {
            return Handle::Merged(series);
        }
        handles.insert(key, &series);
        Handle::Series(series)
    }

    /// Logs once if a name is used for several kinds of metrics, which every exporter and back end
    /// handles differently.
    fn check_kinds(&self, name: &str) {
        let prometheus_name = prometheus_names::metric_name(name);
        let kinds = [
            self.counters.has_series(&prometheus_name),
            self.gauges.has_series(&prometheus_name),
            self.histograms.has_series(&prometheus_name),
        ];
        if kinds.into_iter().filter(|has_series| *has_series).count() < 2 {
            return;
        }
        let mut conflicts = self
            .conflicts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_new = conflicts.insert(prometheus_name.into_owned());
        // The subscriber may record metrics.
        drop(conflicts);
        if is_new {
            tracing::warn!(
                target: crate::TARGET,
                {
                    gusset.metric.name = name,
                },
                "one name is used for a counter, a gauge or a histogram at once: exporters may drop one of \
                 them, and back ends may reject both; rename one of them",
            );
        }
    }

    fn alloc(&self) -> ShardedCell {
        let mut allocator = self
            .allocator
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        allocator.alloc()
    }
}

fn families<V>(families: Vec<(MetricFamily<V>, ())>) -> Vec<MetricFamily<V>> {
    families.into_iter().map(|(family, ())| family).collect()
}
