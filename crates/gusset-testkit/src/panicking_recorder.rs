//! A recorder of metrics that panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// A recorder of the `metrics` facade that panics from [`start`](Self::start) on, in its own methods and in
/// those of its handles. Until then it records nothing. Clones share the switch.
///
/// ```
/// use gusset_testkit::PanickingRecorder;
///
/// let recorder = PanickingRecorder::default();
/// metrics::with_local_recorder(&recorder, || metrics::counter!("jobs").increment(1));
/// recorder.start();
/// let record = || metrics::with_local_recorder(&recorder, || metrics::counter!("jobs"));
/// assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(record)).is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct PanickingRecorder(Arc<AtomicBool>);

// === impl PanickingRecorder ===

impl PanickingRecorder {
    /// Makes all further calls panic.
    pub fn start(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) {
        assert!(!self.0.load(Ordering::SeqCst), "on purpose");
    }
}

impl Recorder for PanickingRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.check();
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.check();
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.check();
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.check();
        Counter::from_arc(Arc::new(self.clone()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        self.check();
        Gauge::from_arc(Arc::new(self.clone()))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        self.check();
        Histogram::from_arc(Arc::new(self.clone()))
    }
}

impl CounterFn for PanickingRecorder {
    fn increment(&self, _: u64) {
        self.check();
    }

    fn absolute(&self, _: u64) {
        self.check();
    }
}

impl GaugeFn for PanickingRecorder {
    fn increment(&self, _: f64) {
        self.check();
    }

    fn decrement(&self, _: f64) {
        self.check();
    }

    fn set(&self, _: f64) {
        self.check();
    }
}

impl HistogramFn for PanickingRecorder {
    fn record(&self, _: f64) {
        self.check();
    }
}
