//! The series of each metric, up to the cardinality limit.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use gusset_data::semconv::OTEL_METRIC_OVERFLOW;
use gusset_data::{MetricDescriptor, SharedStr};
use metrics::{Key, KeyName, Label, Unit};

use super::boundaries::Values;
use super::key_names::KeyNames;
use super::prometheus_names;
use super::series::{MetricFamily, Series};

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
    series: BTreeSet<ByText<V>>,
    /// The names of the series that was added last. Most series of a metric have the same.
    key_names: Option<Arc<KeyNames>>,
    /// The series of the keys over the limit, once there was one. It is also in `series`.
    overflow: Option<Arc<Series<V>>>,
}

/// A series, ordered by its label text, which identifies it and is reused by every rendering.
struct ByText<V>(Arc<Series<V>>);

#[derive(Clone)]
struct Description {
    values: Values,
    /// The unit in UCUM, if a [`MetricDescriptor`] described the metric: the facade has no annotations.
    ucum: Option<&'static str>,
    help: SharedStr,
}

/// How many metrics and series may be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The metrics of one kind.
    pub(super) metrics: usize,
    /// The series of one metric, besides the overflow series.
    pub(super) series: usize,
}

/// Why a key has no series of its own.
pub(super) enum Overflow<V> {
    /// It is recorded in the overflow series of its metric. `is_new` is true for the first such key.
    Series {
        series: Arc<Series<V>>,
        is_new: bool,
    },
    /// It is not recorded, because there are too many metrics.
    TooManyMetrics,
}

/// The series of a key.
pub(super) type Lookup<V> = Result<Arc<Series<V>>, Overflow<V>>;

/// The label text of the overflow series.
const OVERFLOW_LABEL_TEXT: &str = "otel_metric_overflow=\"true\"";

/// The descriptions that are kept. There are more of them than metrics, so that names that clients choose
/// do not replace those of parts that are described later.
const MAX_DESCRIBED: usize = 10_000;

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
        if families.len() >= MAX_DESCRIBED && !families.contains_key(&prometheus_name) {
            return false;
        }
        let family = families
            .entry(prometheus_name)
            .or_insert_with(|| FamilyEntry::new(name));
        if family.description.is_some() {
            return false;
        }
        let descriptor = MetricDescriptor::being_described();
        let boundaries = descriptor.and_then(|descriptor| descriptor.boundaries);
        family.description = Some(Description {
            values: Values { unit, boundaries },
            ucum: descriptor.map(|descriptor| descriptor.unit.as_ucum()),
            help,
        });
        check(&family.shared)
    }

    /// Returns the series of a key, and adds it if the key is new and within the limits.
    ///
    /// `reserved` is a label name that exporters add themselves. `create` gets the shared state and the
    /// unit of the family.
    pub(super) fn series(
        &self,
        key: &Key,
        reserved: Option<&str>,
        limits: Limits,
        create: impl FnOnce(&mut S, Values) -> V,
    ) -> Lookup<V> {
        let label_text = label_text(key, reserved);
        let prometheus_name = prometheus_names::metric_name(key.name());
        // Keys over the limit are looked up for every record, so they share a read lock.
        let families = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        let known = families
            .get(&*prometheus_name)
            .and_then(|family| family.find(&label_text, limits));
        drop(families);
        if let Some(known) = known {
            return known;
        }
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if families.len() >= limits.metrics && !families.contains_key(&*prometheus_name) {
            return Err(Overflow::TooManyMetrics);
        }
        families
            .entry(prometheus_name.into_owned())
            .or_insert_with(|| FamilyEntry::new(key.name_shared()))
            .find_or_add(key, reserved, label_text, limits, create)
    }

    /// Removes the series of a key. Returns whether there was one.
    pub(super) fn remove(&self, key: &Key, reserved: Option<&str>) -> bool {
        let label_text = label_text(key, reserved);
        let prometheus_name = prometheus_names::metric_name(key.name());
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        remove_series(&mut families, &prometheus_name, &label_text)
    }

    /// Returns whether there are series of a metric.
    pub(super) fn has_series(&self, prometheus_name: &str) -> bool {
        let families = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        let family = families.get(prometheus_name);
        family.is_some_and(|family| !family.series.is_empty())
    }

    /// Adds an owner to a series. Returns false if the series was removed.
    pub(super) fn add_owner(&self, series: &Series<V>) -> bool {
        let _families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let exists = !series.is_removed();
        if exists {
            series.add_owner();
        }
        exists
    }

    /// Removes an owner from a series of the metric `name`, and the series with its last owner.
    pub(super) fn remove_owner(&self, name: &str, series: &Series<V>) {
        let prometheus_name = prometheus_names::metric_name(name);
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        // A removed series may have a successor with the same labels, which has its own owners.
        if series.remove_owner() && !series.is_removed() {
            remove_series(&mut families, &prometheus_name, series.label_text());
        }
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

fn label_text(key: &Key, reserved: Option<&str>) -> String {
    let pairs = key.labels().map(|label| (label.key(), label.value()));
    prometheus_names::label_text(pairs, reserved)
}

/// Removes a series, and its family if nothing else is known of it.
fn remove_series<V, S>(
    families: &mut BTreeMap<String, FamilyEntry<V, S>>,
    prometheus_name: &str,
    label_text: &str,
) -> bool {
    let Some(family) = families.get_mut(prometheus_name) else {
        return false;
    };
    let Some(ByText(series)) = family.series.take(label_text) else {
        return false;
    };
    series.mark_removed();
    family.overflow.take_if(|other| Arc::ptr_eq(other, &series));
    // Names may be as short-lived as series.
    if family.series.is_empty() && family.description.is_none() {
        families.remove(prometheus_name);
    }
    true
}

// === impl FamilyEntry ===

impl<V, S: Default> FamilyEntry<V, S> {
    fn new(name: KeyName) -> Self {
        Self {
            name: prometheus_names::shared_str(name),
            description: None,
            shared: S::default(),
            series: BTreeSet::new(),
            key_names: None,
            overflow: None,
        }
    }

    /// Returns the series of a key, unless one has to be added.
    fn find(&self, label_text: &str, limits: Limits) -> Option<Lookup<V>> {
        if let Some(ByText(series)) = self.series.get(label_text) {
            return Some(Ok(Arc::clone(series)));
        }
        let overflow = self.overflow.as_ref();
        let overflow = overflow.filter(|_| self.is_full(limits))?;
        Some(Err(Overflow::Series {
            series: Arc::clone(overflow),
            is_new: false,
        }))
    }

    fn find_or_add(
        &mut self,
        key: &Key,
        reserved: Option<&str>,
        label_text: String,
        limits: Limits,
        create: impl FnOnce(&mut S, Values) -> V,
    ) -> Lookup<V> {
        // Another thread may have added it between the two locks.
        if let Some(known) = self.find(&label_text, limits) {
            return known;
        }
        // The overflow series may have been registered by a caller who limits the series too.
        if label_text == OVERFLOW_LABEL_TEXT || !self.is_full(limits) {
            return Ok(self.add(key, reserved, label_text.into(), create));
        }
        let series = match self.series.get(OVERFLOW_LABEL_TEXT) {
            Some(ByText(registered)) => Arc::clone(registered),
            None => {
                let label = Label::from_static_parts(OTEL_METRIC_OVERFLOW, "true");
                let key = Key::from_parts(key.name_shared(), vec![label]);
                self.add(&key, reserved, OVERFLOW_LABEL_TEXT.into(), create)
            }
        };
        self.overflow = Some(Arc::clone(&series));
        Err(Overflow::Series {
            series,
            is_new: true,
        })
    }

    fn is_full(&self, limits: Limits) -> bool {
        let overflow = usize::from(self.series.contains(OVERFLOW_LABEL_TEXT));
        self.series.len() - overflow >= limits.series
    }

    fn add(
        &mut self,
        key: &Key,
        reserved: Option<&str>,
        label_text: Box<str>,
        create: impl FnOnce(&mut S, Values) -> V,
    ) -> Arc<Series<V>> {
        let described = self.description.as_ref().map(|it| it.values);
        let value = create(&mut self.shared, described.unwrap_or_default());
        let names = self.key_names(key, reserved, &label_text);
        let series = Arc::new(Series::new(names, label_text, value));
        self.series.insert(ByText(Arc::clone(&series)));
        series
    }

    /// Returns the names of a key: those of the last series, if they are the same.
    fn key_names(&mut self, key: &Key, reserved: Option<&str>, label_text: &str) -> Arc<KeyNames> {
        match &self.key_names {
            // The text is that of the key, so this compares the names.
            Some(last) if last.is_key(label_text, key) => Arc::clone(last),
            _ => Arc::clone(
                self.key_names
                    .insert(Arc::new(KeyNames::new(key, reserved))),
            ),
        }
    }

    fn snapshot(&self, prometheus_name: &str) -> MetricFamily<V> {
        let description = self.description.as_ref();
        MetricFamily {
            name: self.name.clone(),
            prometheus_name: prometheus_name.to_owned(),
            unit: description.and_then(|described| described.values.unit),
            ucum: description.and_then(|described| described.ucum),
            help: description.map(|described| described.help.clone()),
            series: self
                .series
                .iter()
                .map(|ByText(series)| Arc::clone(series))
                .collect(),
        }
    }
}

// === impl ByText ===

impl<V> Borrow<str> for ByText<V> {
    fn borrow(&self) -> &str {
        self.0.label_text()
    }
}

impl<V> Ord for ByText<V> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.label_text().cmp(other.0.label_text())
    }
}

impl<V> PartialOrd for ByText<V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<V> PartialEq for ByText<V> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<V> Eq for ByText<V> {}
