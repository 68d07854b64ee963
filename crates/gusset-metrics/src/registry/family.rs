//! The series of each metric.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use gusset_data::{Labels, SharedStr};
use metrics::{CounterFn, GaugeFn, HistogramFn, Key, KeyName, Unit};

use super::prometheus_names;

/// All families of one kind, by their Prometheus names.
///
/// Metrics with the same Prometheus name are one family, and series with the same Prometheus labels are
/// one series. Otherwise an exporter would have to merge them.
pub(super) struct MetricFamilies<V, S> {
    by_name: RwLock<BTreeMap<String, FamilyEntry<V, S>>>,
}

/// A family, with a state `S` that is common to its series.
struct FamilyEntry<V, S> {
    /// The name under which it was first registered or described.
    name: SharedStr,
    description: Option<Description>,
    shared: S,
    /// By their label text, which identifies them and is reused by every rendering.
    series: BTreeMap<Arc<str>, Arc<Series<V>>>,
}

#[derive(Clone)]
struct Description {
    unit: Option<Unit>,
    help: SharedStr,
}

/// The series of one metric, in the order of their labels.
///
/// The list is a snapshot, but the series are shared with the registry, and their values change.
#[derive(Clone, Debug)]
pub struct MetricFamily<V> {
    name: SharedStr,
    prometheus_name: String,
    unit: Option<Unit>,
    help: Option<SharedStr>,
    series: Vec<Arc<Series<V>>>,
}

/// One series: its labels and its value.
#[derive(Debug)]
pub struct Series<V> {
    label_text: Arc<str>,
    labels: Labels,
    start: SystemTime,
    value: V,
}

// === impl MetricFamilies ===

impl<V, S: Default> MetricFamilies<V, S> {
    pub(super) fn new() -> Self {
        Self {
            by_name: RwLock::default(),
        }
    }

    /// Describes a family, and returns what `check` returns for its shared state.
    ///
    /// The first description applies. Later ones are ignored, and return false.
    pub(super) fn describe(
        &self,
        name: KeyName,
        unit: Option<Unit>,
        help: SharedStr,
        check: impl FnOnce(&S) -> bool,
    ) -> bool {
        let prometheus_name = prometheus_names::metric_name(name.as_str()).into_owned();
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let family = families
            .entry(prometheus_name)
            .or_insert_with(|| FamilyEntry::new(name));
        if family.description.is_some() {
            return false;
        }
        family.description = Some(Description { unit, help });
        check(&family.shared)
    }

    /// Returns the series of a key, and adds it if the key is new.
    ///
    /// `reserved` is a label name that exporters add themselves. `create` gets the shared state and the
    /// unit of the family.
    pub(super) fn series(
        &self,
        key: &Key,
        reserved: Option<&str>,
        create: impl FnOnce(&mut S, Option<Unit>) -> V,
    ) -> Arc<Series<V>> {
        let pairs = key.labels().map(|label| (label.key(), label.value()));
        let label_text = prometheus_names::label_text(pairs, reserved);
        let prometheus_name = prometheus_names::metric_name(key.name()).into_owned();
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let FamilyEntry {
            description,
            shared,
            series,
            ..
        } = families
            .entry(prometheus_name)
            .or_insert_with(|| FamilyEntry::new(key.name_shared()));
        if let Some(series) = series.get(&*label_text) {
            return Arc::clone(series);
        }
        let label_text: Arc<str> = label_text.into();
        let unit = description.as_ref().and_then(|described| described.unit);
        let added = Arc::new(Series {
            label_text: Arc::clone(&label_text),
            labels: prometheus_names::labels(key),
            start: SystemTime::now(),
            value: create(shared, unit),
        });
        series.insert(label_text, Arc::clone(&added));
        added
    }

    /// Returns the families with at least one series, in the order of their names, each with what
    /// `read` returns for its shared state.
    ///
    /// The lock is released when this returns.
    pub(super) fn read<R>(&self, read: impl Fn(&S) -> R) -> Vec<(MetricFamily<V>, R)> {
        let families = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        families
            .iter()
            .filter(|(_, family)| !family.series.is_empty())
            .map(|(name, family)| (family.snapshot(name), read(&family.shared)))
            .collect()
    }
}

impl<V, S> fmt::Debug for MetricFamilies<V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricFamilies").finish_non_exhaustive()
    }
}

// === impl FamilyEntry ===

impl<V, S: Default> FamilyEntry<V, S> {
    fn new(name: KeyName) -> Self {
        Self {
            name: prometheus_names::shared_str(name),
            description: None,
            shared: S::default(),
            series: BTreeMap::new(),
        }
    }

    fn snapshot(&self, prometheus_name: &str) -> MetricFamily<V> {
        let description = self.description.as_ref();
        MetricFamily {
            name: self.name.clone(),
            prometheus_name: prometheus_name.to_owned(),
            unit: description.and_then(|described| described.unit),
            help: description.map(|described| described.help.clone()),
            series: self.series.values().map(Arc::clone).collect(),
        }
    }
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
    /// Returns the labels in Prometheus's text format: `a="1",b="2"`. Formatted once.
    pub fn label_text(&self) -> &str {
        &self.label_text
    }

    /// Returns the labels as recorded, in the order of their keys, each key once.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Returns the time at which the series was registered.
    pub fn start(&self) -> SystemTime {
        self.start
    }

    /// Returns the value, which changes while calls are recorded.
    pub fn value(&self) -> &V {
        &self.value
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
