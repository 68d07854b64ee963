//! The shared readings.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gusset_data::{InstrumentKind, Metric, SharedStr};

use crate::metrics::HistoryMetrics;
use crate::store::Store;
use crate::{Selection, Selector, Window};

/// The last readings of all series of a [`MetricProducer`](gusset_data::MetricProducer), in bounded memory.
///
/// Clones share the readings. Whatever needs a rate, a quantile or a trend selects series here, instead of counting
/// by itself. No clock is read: each reading and each window has its time from the caller. A
/// [`Sampler`](crate::Sampler) takes the readings.
///
/// # Memory
/// 4 MiB by default, for one hour at 10 s. A reading in which a series has not changed takes 1/64 byte, one step of a
/// counter two bytes, a number with all digits nine. A series takes about 150 bytes besides. See
/// [`HistoryBuilder::memory_limit`](crate::HistoryBuilder::memory_limit) for what happens when the memory is used up.
///
/// # Cost
/// Nothing on the path of a request. A reading costs what the producer costs, and some 50 ns for each series;
/// `docs/benchmarks.md` has the figures. A selection decompresses the selected series from their oldest reading on.
///
/// ```
/// use std::time::Duration;
/// use gusset_data::{Metric, MetricData, MetricProducer, NumberDataPoint};
/// use gusset_history::{History, Selector, Window};
///
/// # fn main() -> Result<(), gusset_history::ConfigError> {
/// # let jobs = |value| vec![Metric {
/// #     name: "jobs".into(), unit: "{job}".into(), description: "".into(),
/// #     data: MetricData::Counter(vec![NumberDataPoint {
/// #         labels: [].into(), start: std::time::SystemTime::UNIX_EPOCH, value,
/// #     }]),
/// # }];
/// let history = History::builder().build()?;
/// let start = gusset_core::Clock::system().now();
/// for reading in 0..=6 {
///     // `registry.metrics()` in a service
///     history.record(start + Duration::from_secs(10 * reading), jobs(3.0 * reading as f64));
/// }
///
/// let now = start + Duration::from_secs(60);
/// let window = Window::new(now, Duration::from_secs(30));
/// let jobs = history.select(&Selector::new("jobs"), window).expect("it was recorded");
/// assert_eq!(jobs.increase(), Some(9.0));
/// assert_eq!(jobs.rate(), Some(0.3));
/// assert_eq!(jobs.covered(), Duration::from_secs(30));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct History(Arc<Shared>);

struct Shared {
    store: Mutex<Store>,
    metrics: Option<HistoryMetrics>,
}

/// One metric of a history. Part of [`History::metrics`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownMetric {
    /// The name.
    pub name: SharedStr,
    /// The kind.
    pub kind: InstrumentKind,
    /// The unit in UCUM; empty if there is none.
    pub unit: SharedStr,
    /// The number of series.
    pub series: usize,
}

/// What a history holds, and what it has dropped. Returned by [`History::usage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The bytes of series and readings.
    pub bytes: usize,
    /// The number of series.
    pub series: usize,
    /// The number of readings in memory.
    pub readings: usize,
    /// The time between the oldest and the newest of them.
    pub covered: Duration,
    /// The readings that were late.
    pub late_readings: u64,
    /// The readings that were dropped before the retention.
    pub dropped_readings: u64,
    /// The data points of series that are not kept.
    pub dropped_points: u64,
}

// === impl History ===

impl History {
    pub(crate) fn new(store: Store, metrics: Option<HistoryMetrics>) -> Self {
        Self(Arc::new(Shared {
            store: Mutex::new(store),
            metrics,
        }))
    }

    /// Adds a reading of all metrics: what [`MetricProducer::metrics`](gusset_data::MetricProducer::metrics) has
    /// just returned. A metric that is missing has a gap.
    ///
    /// Does nothing if the time is not after that of the last reading. Of two data points with the same name and
    /// labels the first is kept.
    pub fn record(&self, now: Instant, metrics: Vec<Metric>) {
        let (before, after) = {
            let mut store = self.store();
            let before = store.totals;
            store.record(now, metrics);
            (before, store.totals)
        };
        // Recorders are code of the service.
        if let Some(metrics) = &self.0.metrics {
            metrics.record(before, after);
        }
    }

    /// Copies the readings of some series in a window, or returns `None` if none of them is in it.
    pub fn select(&self, selector: &Selector, window: Window) -> Option<Selection> {
        Selection::extract(&self.store(), selector, window)
    }

    /// Returns the metrics, sorted by name.
    pub fn metrics(&self) -> Vec<KnownMetric> {
        let store = self.store();
        let known = store.families().map(|(name, family)| KnownMetric {
            name: name.clone(),
            kind: family.layout.kind(),
            unit: family.unit.clone(),
            series: family.series.len(),
        });
        known.collect()
    }

    /// Returns what is in memory, and what was dropped.
    pub fn usage(&self) -> Usage {
        let store = self.store();
        let (readings, _) = store.readings();
        let covered = readings.front().zip(readings.back());
        Usage {
            bytes: store.totals.bytes,
            series: store.totals.series,
            readings: readings.len(),
            covered: covered.map_or(Duration::ZERO, |(first, last)| *last - *first),
            late_readings: store.totals.late_readings,
            dropped_readings: store.totals.dropped_readings,
            dropped_points: store.totals.dropped_points,
        }
    }

    /// Returns the time of the last reading.
    pub fn last_reading(&self) -> Option<Instant> {
        self.store().readings().0.back().copied()
    }

    /// Returns the time between two readings.
    pub fn interval(&self) -> Duration {
        self.store().limits.interval
    }

    /// Returns how long readings are kept, if the memory suffices.
    pub fn retention(&self) -> Duration {
        self.store().limits.retention
    }

    pub(crate) fn add_panic(&self) {
        if let Some(metrics) = &self.0.metrics {
            metrics.add_panic();
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // No code of the service runs under the lock.
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("History").field(&self.usage()).finish()
    }
}
