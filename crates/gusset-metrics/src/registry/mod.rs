//! One place where everything is recorded, and from which every road is served.
//!
//! [`Registry`] takes what is measured; its [families](Registry::counters) are what a scrape page is
//! written from, and as a [`MetricProducer`](gusset_data::MetricProducer) it tells the same numbers as
//! values to whoever exports them.

mod bounds;
mod builder;
mod counter;
mod exemplars;
mod family;
mod gauge;
mod handles;
mod histogram;
mod shares;
mod source;
pub mod spelling;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

pub use self::bounds::Bounds;
pub use self::builder::RegistryBuilder;
pub use self::counter::CounterCell;
use self::family::Families;
pub use self::family::{Family, Series};
pub use self::gauge::GaugeCell;
use self::gauge::Nature;
use self::handles::Handles;
pub use self::histogram::HistogramCell;
use self::shares::{Room, Shared};

/// Everything recorded, as values: implements [`metrics::Recorder`] and
/// [`MetricProducer`](gusset_data::MetricProducer).
///
/// It is a value, shared by `Arc`: several live in one process and know nothing of each other. Hand
/// it to whatever takes a recorder, make it the recorder of a scope with
/// [`metrics::with_local_recorder`], or of the whole process with [`metrics::set_global_recorder`].
///
/// Describe a metric before it is used: the unit is part of its name on a page, and chooses the
/// boundaries of a histogram that was not given any. Of several descriptions of one metric the first
/// stands. Names are given in OpenTelemetry's spelling. Metrics of one kind whose names fall together
/// as Prometheus spells them (`queue.depth`, `queue_depth`) are one metric, and so are series whose
/// labels do: both roads show the same series.
///
/// A gauge whose first operation is an addition or a subtraction is an up-down counter, one that is
/// set first a gauge; a family is settled by the first of its series.
///
/// # Cost
///
/// Recording through a handle is an atomic addition for a counter, an atomic exchange or store for a
/// gauge; for a histogram a search among its boundaries, an addition and an exchange. Numbers that
/// threads add to are kept once for each of a few shares of threads, so that processors do not wait
/// for each other. Nothing allocates, locks or waits, whoever reads meanwhile; but the first record of
/// a series inside a sampled span makes room for its exemplars.
///
/// Asking for a handle costs a read lock, and a few allocations the first time. Each distinct set of
/// labels lives as long as the registry, a histogram's in some 200 bytes for each share of threads:
/// keep label values few.
///
/// # Exemplars
///
/// A histogram keeps, for each bucket, the last value that was recorded while
/// [`SpanIds::current`](gusset_core::SpanIds::current) was sampled. The environment variable
/// `OTEL_METRICS_EXEMPLAR_FILTER` switches it off; see [`RegistryBuilder::exemplars`].
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
///     describe_histogram!("job.duration", Unit::Seconds, "Time a job takes.");
///     histogram!("job.duration", "job.kind" => "nightly").record(0.3);
///     counter!("jobs").increment(1);
/// });
///
/// let metrics = registry.metrics();
/// assert_eq!(metrics[0].name, "job.duration");
/// assert_eq!(metrics[0].unit, "s");
/// let MetricData::Counter(jobs) = &metrics[1].data else { panic!("jobs are counted") };
/// assert_eq!(jobs[0].value, 1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Registry {
    counters: Families<CounterCell, ()>,
    gauges: Families<GaugeCell, Arc<Nature>>,
    /// The boundaries are settled by the first series: buckets that differ within one name cannot
    /// be added up.
    histograms: Families<HistogramCell, Option<Arc<Bounds>>>,
    counter_handles: Handles<Counter>,
    gauge_handles: Handles<Gauge>,
    histogram_handles: Handles<Histogram>,
    /// Where counters and gauges are kept.
    room: Mutex<Room>,
    /// Boundaries given by the user, by the name of the family as Prometheus spells it.
    given: HashMap<String, Arc<Bounds>>,
    exemplars: bool,
}

// === impl Registry ===

impl Registry {
    /// A registry to be set up.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    fn new(given: HashMap<String, Arc<Bounds>>, exemplars: bool) -> Self {
        Self {
            counters: Families::new(),
            gauges: Families::new(),
            histograms: Families::new(),
            counter_handles: Handles::new(),
            gauge_handles: Handles::new(),
            histogram_handles: Handles::new(),
            room: Mutex::default(),
            given,
            exemplars,
        }
    }

    /// The counters as they stand, in the order of their names as Prometheus spells them.
    ///
    /// This and its like are for who writes a page: what they give is shared and not copied, so it
    /// costs an addition for each series, and numbers are read when they are asked for.
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
    ///         let line = format!("{}{{{}}}", family.spelling(), series.text());
    ///         assert_eq!(line, r#"jobs_done{job_kind="nightly"}"#);
    ///         assert_eq!(series.cell().value(), 3);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn counters(&self) -> Vec<Family<CounterCell>> {
        plain(self.counters.read(|()| ()))
    }

    /// The gauges, as the [counters](Self::counters).
    pub fn gauges(&self) -> Vec<Family<GaugeCell>> {
        plain(self.gauges.read(|_| ()))
    }

    /// The histograms, as the [counters](Self::counters).
    pub fn histograms(&self) -> Vec<Family<HistogramCell>> {
        plain(self.histograms.read(|_| ()))
    }

    fn room(&self) -> Shared {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.take()
    }
}

impl metrics::Recorder for Registry {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.counters
            .describe(name, unit, spelling::text(help), |()| false);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.gauges
            .describe(name, unit, spelling::text(help), |_| false);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let late = |settled: &Option<Arc<Bounds>>| {
            let settled = settled.as_ref();
            settled.is_some_and(|settled| **settled != *Bounds::for_unit(unit))
        };
        let late = self
            .histograms
            .describe(name.clone(), unit, spelling::text(help), late);
        if late
            && !self
                .given
                .contains_key(&*spelling::metric_name(name.as_str()))
        {
            tracing::warn!(
                histogram = name.as_str(),
                "described after its first use: it keeps the boundaries of a histogram without a \
                 unit; describe it before, or give it boundaries with `buckets`",
            );
        }
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.counter_handles.get(key, || {
            let make = |(): &mut (), _| CounterCell::new(self.room());
            Counter::from_arc(self.counters.series(key, None, make))
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.gauge_handles.get(key, || {
            let make =
                |nature: &mut Arc<Nature>, _| GaugeCell::new(self.room(), Arc::clone(nature));
            Gauge::from_arc(self.gauges.series(key, None, make))
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.histogram_handles.get(key, || {
            let make = |settled: &mut Option<Arc<Bounds>>, unit| {
                let bounds = settled.get_or_insert_with(|| {
                    let given = self.given.get(&*spelling::metric_name(key.name()));
                    given.map_or_else(|| Bounds::for_unit(unit), Arc::clone)
                });
                HistogramCell::new(Arc::clone(bounds), self.exemplars)
            };
            Histogram::from_arc(self.histograms.series(key, Some("le"), make))
        })
    }
}

fn plain<C>(families: Vec<(Family<C>, ())>) -> Vec<Family<C>> {
    families.into_iter().map(|(family, ())| family).collect()
}
