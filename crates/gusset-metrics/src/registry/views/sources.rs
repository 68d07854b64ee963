//! The parts of a series that several keys share.
//!
//! `absolute` and `set` replace a value. In a series of several keys they may only replace what the same key
//! has added before, so that the series stays the sum of its keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{CounterFn, GaugeFn, Key};

use crate::registry::series::Series;
use crate::registry::sharded::add_f64;
use crate::registry::{CounterValue, GaugeValue};

/// What one key has added to a counter.
#[derive(Debug)]
pub(crate) struct CounterSource {
    series: Arc<Series<CounterValue>>,
    added: AtomicU64,
}

/// What one key has added to an up-down counter.
#[derive(Debug)]
pub(crate) struct GaugeSource {
    series: Arc<Series<GaugeValue>>,
    /// The bits of a float.
    added: AtomicU64,
}

/// The sources of keys, so that handles that are registered again go on with the same one.
pub(crate) struct Sources<S>(RwLock<HashMap<Key, Arc<S>>>);

/// The number of keys with a source of their own. The removed label may have any number of values; records
/// of more keys are exact too, unless they are `absolute` or `set`.
const MAX_SOURCES: usize = 2_000;

/// A part of a shared series.
pub(crate) trait Source {
    type Value;

    fn new(series: Arc<Series<Self::Value>>) -> Self;
    fn series(&self) -> &Series<Self::Value>;
}

// === impl Sources ===

impl<S: Source> Sources<S> {
    pub(crate) fn new() -> Self {
        Self(RwLock::default())
    }

    /// Returns the source of a key, unless its series was removed.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<S>> {
        let sources = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let source = sources.get(key)?;
        (!source.series().is_removed()).then(|| Arc::clone(source))
    }

    /// Returns the source of a key, and adds it if it is new. `None` if there are too many.
    pub(crate) fn get_or_add(&self, key: &Key, series: &Arc<Series<S::Value>>) -> Option<Arc<S>> {
        let mut sources = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(key) {
            if !source.series().is_removed() {
                return Some(Arc::clone(source));
            }
        } else if sources.len() >= MAX_SOURCES {
            sources.retain(|_, source| !source.series().is_removed());
            if sources.len() >= MAX_SOURCES {
                return None;
            }
        }
        let source = Arc::new(S::new(Arc::clone(series)));
        sources.insert(key.to_retained(), Arc::clone(&source));
        Some(source)
    }

    pub(crate) fn remove(&self, key: &Key) -> Option<Arc<S>> {
        let mut sources = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sources.remove(key)
    }
}

impl<S> fmt::Debug for Sources<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

// === impl CounterSource ===

impl Source for CounterSource {
    type Value = CounterValue;

    fn new(series: Arc<Series<CounterValue>>) -> Self {
        let added = AtomicU64::new(0);
        Self { series, added }
    }

    fn series(&self) -> &Series<CounterValue> {
        &self.series
    }
}

impl CounterFn for CounterSource {
    fn increment(&self, value: u64) {
        self.added.fetch_add(value, Relaxed);
        self.series.increment(value);
    }

    fn absolute(&self, value: u64) {
        // As without a view, a lower value is ignored.
        let before = self.added.fetch_max(value, Relaxed);
        self.series.increment(value.saturating_sub(before));
    }
}

// === impl GaugeSource ===

impl GaugeSource {
    /// Takes back what was added to an up-down counter. A gauge keeps its last value.
    pub(crate) fn take_back(&self) {
        if self.series.value().is_up_down_counter() {
            self.replace(0.0);
        }
    }

    fn add(&self, value: f64) {
        add_f64(&self.added, value);
        self.series.increment(value);
    }

    fn replace(&self, value: f64) {
        let before = self.added.swap(value.to_bits(), Relaxed);
        self.series.increment(value - f64::from_bits(before));
    }
}

impl Source for GaugeSource {
    type Value = GaugeValue;

    fn new(series: Arc<Series<GaugeValue>>) -> Self {
        let added = AtomicU64::new(0.0_f64.to_bits());
        Self { series, added }
    }

    fn series(&self) -> &Series<GaugeValue> {
        &self.series
    }
}

impl GaugeFn for GaugeSource {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, value: f64) {
        if !self.series.value().is_up_down_counter() {
            self.series.set(value);
        } else if value.is_finite() {
            // A sum with a value that is not finite never becomes finite again.
            self.replace(value);
        }
    }
}
