//! A recorder that keeps a total for each name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Keeps the total of all series of a metric: of counters and gauges the sum, of histograms the number of records.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<BTreeMap<String, f64>>>);

struct Series {
    seen: Seen,
    name: String,
    /// What a gauge was set to.
    value: Mutex<f64>,
}

impl Seen {
    pub(crate) fn totals(&self) -> BTreeMap<String, f64> {
        self.0.lock().unwrap().clone()
    }

    fn series(&self, key: &Key) -> Arc<Series> {
        let name = key.name().to_owned();
        self.0.lock().unwrap().entry(name.clone()).or_default();
        Arc::new(Series {
            seen: self.clone(),
            name,
            value: Mutex::new(0.0),
        })
    }
}

impl Series {
    fn add(&self, value: f64) {
        *self.value.lock().unwrap() += value;
        let mut totals = self.seen.0.lock().unwrap();
        *totals.get_mut(&self.name).unwrap() += value;
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }

    fn absolute(&self, value: u64) {
        GaugeFn::set(self, value as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, value: f64) {
        let before = *self.value.lock().unwrap();
        self.add(value - before);
    }
}

impl HistogramFn for Series {
    fn record(&self, _: f64) {
        self.add(1.0);
    }
}
