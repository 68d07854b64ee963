//! Recorders whose panics do not reach the code that records.

use std::sync::Arc;

use gusset_core::PanicCounter;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::SharedRecorder;

/// Returns a recorder that passes everything on to `recorder`, and contains its panics and those of its
/// handles. The first panic is logged.
///
/// For metrics that are recorded by background tasks, which a panic would end. Costs one indirect call for
/// each record.
///
/// ```
/// use std::sync::Arc;
/// use gusset_data::{SharedRecorder, contain_recorder};
///
/// let recorder: SharedRecorder = contain_recorder(Arc::new(metrics::NoopRecorder));
/// metrics::with_local_recorder(&recorder, || metrics::counter!("jobs").increment(1));
/// ```
pub fn contain_recorder(recorder: SharedRecorder) -> SharedRecorder {
    Arc::new(ContainedRecorder {
        recorder,
        panics: Arc::default(),
    })
}

struct ContainedRecorder {
    recorder: SharedRecorder,
    panics: Arc<PanicCounter>,
}

/// A handle of a recorder.
struct Contained<T> {
    handle: T,
    panics: Arc<PanicCounter>,
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::metrics",
        "the recorder of metrics panicked, metrics are lost; further panics are not logged"
    );
}

// === impl ContainedRecorder ===

impl ContainedRecorder {
    fn contain(&self, act: impl FnOnce(&SharedRecorder)) {
        let _ = self.panics.catch(|| act(&self.recorder), report);
    }

    fn register<T>(&self, act: impl FnOnce(&SharedRecorder) -> T) -> Option<Arc<Contained<T>>> {
        let handle = self.panics.catch(|| act(&self.recorder), report)?;
        let panics = self.panics.clone();
        Some(Arc::new(Contained { handle, panics }))
    }
}

impl Recorder for ContainedRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.contain(|it| it.describe_counter(name, unit, help));
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.contain(|it| it.describe_gauge(name, unit, help));
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.contain(|it| it.describe_histogram(name, unit, help));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let handle = self.register(|it| it.register_counter(key, metadata));
        handle.map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let handle = self.register(|it| it.register_gauge(key, metadata));
        handle.map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let handle = self.register(|it| it.register_histogram(key, metadata));
        handle.map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

// === impl Contained ===

impl<T> Contained<T> {
    fn contain(&self, act: impl FnOnce(&T)) {
        let _ = self.panics.catch(|| act(&self.handle), report);
    }
}

impl CounterFn for Contained<Counter> {
    fn increment(&self, value: u64) {
        self.contain(|it| it.increment(value));
    }

    fn absolute(&self, value: u64) {
        self.contain(|it| it.absolute(value));
    }
}

impl GaugeFn for Contained<Gauge> {
    fn increment(&self, value: f64) {
        self.contain(|it| it.increment(value));
    }

    fn decrement(&self, value: f64) {
        self.contain(|it| it.decrement(value));
    }

    fn set(&self, value: f64) {
        self.contain(|it| it.set(value));
    }
}

impl HistogramFn for Contained<Histogram> {
    fn record(&self, value: f64) {
        self.contain(|it| it.record(value));
    }
}

#[cfg(test)]
mod tests {
    use gusset_testkit::PanickingRecorder;

    use super::*;

    #[test]
    fn panics_do_not_reach_the_code_that_records() {
        let panicking = PanickingRecorder::default();
        let recorder = contain_recorder(Arc::new(panicking.clone()));
        let record = |counter: &Counter, gauge: &Gauge, histogram: &Histogram| {
            counter.increment(1);
            counter.absolute(2);
            gauge.set(1.0);
            gauge.increment(1.0);
            gauge.decrement(1.0);
            histogram.record(1.0);
        };
        let register = || {
            metrics::with_local_recorder(&recorder, || {
                metrics::describe_counter!("jobs", "Jobs.");
                metrics::describe_gauge!("running", "Running jobs.");
                metrics::describe_histogram!("duration", "Duration.");
                (
                    metrics::counter!("jobs"),
                    metrics::gauge!("running"),
                    metrics::histogram!("duration"),
                )
            })
        };
        let (counter, gauge, histogram) = register();
        record(&counter, &gauge, &histogram);
        panicking.start();
        record(&counter, &gauge, &histogram);
        let (counter, gauge, histogram) = register();
        record(&counter, &gauge, &histogram);
    }
}
