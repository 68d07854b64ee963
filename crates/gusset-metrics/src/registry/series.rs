//! Families and series, as exporters read them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use gusset_data::{Labels, SharedStr};
use metrics::{CounterFn, GaugeFn, HistogramFn, Key, Unit};

use super::key_names::KeyNames;

/// The spellings of one key that are cached.
const MAX_CACHED_KEYS: u8 = 16;

/// The series of one metric, in the order of their labels.
///
/// The list is a snapshot, but the series are shared with the registry, and their values change.
#[derive(Clone, Debug)]
pub struct MetricFamily<V> {
    pub(super) name: SharedStr,
    pub(super) prometheus_name: String,
    pub(super) unit: Option<Unit>,
    pub(super) ucum: Option<&'static str>,
    pub(super) help: Option<SharedStr>,
    pub(super) series: Vec<Arc<Series<V>>>,
}

/// One series: its labels and its value.
#[derive(Debug)]
pub struct Series<V> {
    names: Arc<KeyNames>,
    label_text: Box<str>,
    /// Nanoseconds since the Unix epoch: half the size of a [`SystemTime`].
    start: u64,
    value: V,
    /// Set when the series is removed, so that cached handles are not used any more.
    removed: AtomicBool,
    /// The number of cached keys that are spelled differently and are this series.
    cached_keys: AtomicU8,
    /// The scoped gauges of this series. Changed under the lock of the families only.
    owners: AtomicU32,
}

// === impl MetricFamily ===

impl<V> MetricFamily<V> {
    /// Returns the name under which the metric was first registered, usually OpenTelemetry's.
    pub fn name(&self) -> &SharedStr {
        &self.name
    }

    /// Returns the Prometheus name, without unit and `_total`.
    pub fn prometheus_name(&self) -> &str {
        &self.prometheus_name
    }

    /// Returns the unit, if it was described.
    pub fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// Returns the unit in UCUM, if a [`MetricDescriptor`](gusset_data::MetricDescriptor) described the
    /// metric, as gusset's crates do. The macros of `metrics` have none.
    pub fn ucum(&self) -> Option<&'static str> {
        self.ucum
    }

    /// Returns the help text, if the metric was described.
    pub fn help(&self) -> Option<&SharedStr> {
        self.help.as_ref()
    }

    /// Returns the series, in the order of their [`label_text`](Series::label_text). There is at least
    /// one.
    pub fn series(&self) -> impl ExactSizeIterator<Item = &Series<V>> {
        self.series.iter().map(|series| &**series)
    }
}

// === impl Series ===

impl<V> Series<V> {
    pub(super) fn new(names: Arc<KeyNames>, label_text: Box<str>, value: V) -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let start = start.unwrap_or_default().as_nanos();
        Self {
            names,
            label_text,
            start: u64::try_from(start).unwrap_or(u64::MAX),
            value,
            removed: AtomicBool::new(false),
            cached_keys: AtomicU8::new(0),
            owners: AtomicU32::new(0),
        }
    }

    /// Returns the labels in Prometheus's text format: `a="1",b="2"`. Formatted once.
    pub fn label_text(&self) -> &str {
        &self.label_text
    }

    /// Returns the labels as recorded, in the order of their keys, each key once.
    ///
    /// They are put together from the names, which the series of a metric share, and the label text. Costs two
    /// allocations, and one for each value that is longer than 23 bytes.
    pub fn labels(&self) -> Labels {
        self.names.labels(&self.label_text)
    }

    /// Returns the time at which the series was registered.
    pub fn start(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.start)
    }

    /// Returns the value, which changes while calls are recorded.
    pub fn value(&self) -> &V {
        &self.value
    }

    /// Returns whether a key has the names of this series as recorded first, and its labels.
    pub(super) fn is_key(&self, key: &Key) -> bool {
        self.names.is_key(&self.label_text, key)
    }

    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Relaxed)
    }

    pub(super) fn mark_removed(&self) {
        self.removed.store(true, Relaxed);
    }

    /// Returns whether one more spelling of the key may be cached.
    ///
    /// Label names of clients (`a.b`, `a-b`, `a/b` …) are all the same series and would otherwise fill
    /// the cache.
    pub(super) fn may_cache_key(&self) -> bool {
        let count = |keys: u8| (keys < MAX_CACHED_KEYS).then_some(keys + 1);
        self.cached_keys
            .fetch_update(Relaxed, Relaxed, count)
            .is_ok()
    }

    pub(super) fn add_owner(&self) {
        self.owners.fetch_add(1, Relaxed);
    }

    /// Returns whether this was the last owner.
    pub(super) fn remove_owner(&self) -> bool {
        self.owners.fetch_sub(1, Relaxed) == 1
    }
}

// Handles refer to the series itself: one allocation, and one indirection to the value.

impl<V: CounterFn> CounterFn for Series<V> {
    #[inline]
    fn increment(&self, value: u64) {
        self.value.increment(value);
    }

    #[inline]
    fn absolute(&self, value: u64) {
        self.value.absolute(value);
    }
}

impl<V: GaugeFn> GaugeFn for Series<V> {
    #[inline]
    fn increment(&self, value: f64) {
        self.value.increment(value);
    }

    #[inline]
    fn decrement(&self, value: f64) {
        self.value.decrement(value);
    }

    #[inline]
    fn set(&self, value: f64) {
        self.value.set(value);
    }
}

impl<V: HistogramFn> HistogramFn for Series<V> {
    #[inline]
    fn record(&self, value: f64) {
        self.value.record(value);
    }

    #[inline]
    fn record_many(&self, value: f64, count: usize) {
        self.value.record_many(value, count);
    }
}
