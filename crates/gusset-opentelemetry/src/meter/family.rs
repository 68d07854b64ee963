//! All metrics of a kind and their series, up to a limit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use gusset_data::METADATA;
use metrics::{Key, KeyName, Metadata, SharedString, Unit};
use opentelemetry::metrics::Meter;

use super::attributes::{canonical, overflow};
use super::bound::Instrument;
use super::description::Description;
use super::series::{Family, Series};
use crate::TARGET;

/// All metrics of one kind of the facade.
pub(super) struct Families<I: Instrument> {
    meter: Meter,
    by_name: RwLock<HashMap<KeyName, Entry<I>>>,
    /// Whether too many metrics were logged.
    warned: AtomicBool,
}

struct Entry<I: Instrument> {
    family: Arc<Family<I>>,
    /// By their canonical keys.
    series: HashMap<Key, Arc<Series<I>>>,
}

/// How many metrics of one kind and series of one metric there may be.
#[derive(Clone, Copy)]
struct Limits {
    metrics: usize,
    series: usize,
}

/// Those of the `Registry` of gusset-metrics. The number of series is the default of OpenTelemetry's SDKs.
const OTHER_LIMITS: Limits = Limits {
    metrics: 2000,
    series: 2000,
};

/// gusset's own metrics are limited where they are configured, at most to this number of series.
const OWN_LIMITS: Limits = Limits {
    metrics: usize::MAX,
    series: 60_000,
};

/// The descriptions that are kept. There are more of them than metrics, so that names that clients choose
/// do not replace those of parts that are described later.
const MAX_DESCRIBED: usize = 10_000;

// === impl Families ===

impl<I: Instrument> Families<I> {
    pub(super) fn new(meter: &Meter) -> Self {
        Self {
            meter: meter.clone(),
            by_name: RwLock::default(),
            warned: AtomicBool::new(false),
        }
    }

    /// Describes a metric. The first description applies.
    pub(super) fn describe(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        let description = Description::new(unit, help);
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if by_name.len() >= MAX_DESCRIBED && !by_name.contains_key(&name) {
            return;
        }
        let entry = by_name.entry(name);
        let entry = entry.or_insert_with_key(|name| Entry::new(&self.meter, name));
        let family = Arc::clone(&entry.family);
        drop(by_name);
        family.describe(description);
    }

    /// Returns the series of a key, or `None` if there are too many metrics.
    pub(super) fn series(&self, key: &Key, metadata: &Metadata<'_>) -> Option<Arc<Series<I>>> {
        let key = canonical(key);
        let limits = match metadata.target() == METADATA.target() {
            true => OWN_LIMITS,
            false => OTHER_LIMITS,
        };
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        let known = by_name.get(key.name());
        if let Some(series) = known.and_then(|entry| entry.find(&key, limits)) {
            return Some(series);
        }
        drop(by_name);

        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if by_name.len() >= limits.metrics && !by_name.contains_key(key.name()) {
            drop(by_name);
            self.warn_of_metrics(key.name());
            return None;
        }
        let entry = by_name.entry(key.name_shared().to_retained());
        let entry = entry.or_insert_with_key(|name| Entry::new(&self.meter, name));
        // Another thread may have added it between the two locks.
        if let Some(series) = entry.find(&key, limits) {
            return Some(series);
        }
        if entry.series.len() < limits.series {
            return Some(entry.add(key.into_owned()));
        }
        let series = entry.add(overflow(&key));
        // The subscriber may record metrics.
        drop(by_name);
        warn_of_series(key.name(), limits.series);
        Some(series)
    }

    #[cold]
    fn warn_of_metrics(&self, name: &str) {
        if self.warned.swap(true, Relaxed) {
            return;
        }
        tracing::warn!(
            target: TARGET,
            {
                gusset.metric.name = name,
                gusset.metric.limit = OTHER_LIMITS.metrics,
            },
            "too many metrics: records of new names are dropped; use labels for what differs, and \
             constant names",
        );
    }
}

#[cold]
fn warn_of_series(name: &str, limit: usize) {
    tracing::warn!(
        target: TARGET,
        {
            gusset.metric.name = name,
            gusset.metric.limit = limit,
        },
        "cardinality limit reached: records with new labels go to one series with \
         otel.metric.overflow=true; use fewer label values",
    );
}

// === impl Entry ===

impl<I: Instrument> Entry<I> {
    fn new(meter: &Meter, name: &KeyName) -> Self {
        Self {
            family: Arc::new(Family::new(meter, name.as_str())),
            series: HashMap::new(),
        }
    }

    /// Returns the series of a canonical key, unless one has to be added.
    fn find(&self, key: &Key, limits: Limits) -> Option<Arc<Series<I>>> {
        let known = self.series.get(key);
        let overflow = || {
            let is_full = self.series.len() >= limits.series;
            is_full.then(|| self.series.get(&overflow(key))).flatten()
        };
        known.or_else(overflow).cloned()
    }

    fn add(&mut self, key: Key) -> Arc<Series<I>> {
        let series = Arc::new(Series::new(Arc::clone(&self.family), &key));
        self.series.insert(key, Arc::clone(&series));
        series
    }
}
