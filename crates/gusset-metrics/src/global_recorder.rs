//! A recorder that passes on to whatever recorder is global.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_data::{METADATA, MetricDescriptor};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, with_recorder,
};

/// Records into the global recorder of the `metrics` facade, whichever that is when a value is recorded.
///
/// Handles of a recorder that are kept, as layers keep them, belong to the recorder of the time when they
/// were registered. With this one, the global recorder may be installed after a layer was used, and a
/// recorder that removes idle series gets them back. Within `metrics::with_local_recorder`, values go to the
/// local recorder.
///
/// It cannot itself be the recorder of the process or of a thread: its metrics would be lost, which is logged.
///
/// What is counted before there is a recorder is lost. Gauges are right nevertheless: their values are kept
/// here, and passed on as absolute ones, so that recorders without relative gauges (statsd) have them too.
/// Metrics are described to each recorder before their first value.
///
/// Each record registers the metric with the recorder, as the macros of the facade do: some 700
/// instructions with metrics-exporter-prometheus, and an allocation for the labels in most recorders. A
/// [`Registry`](crate::Registry) costs a fifth.
///
/// ```
/// use std::sync::Arc;
///
/// use gusset_metrics::{GlobalRecorder, HttpMetrics, Registry};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = HttpMetrics::server(Arc::new(GlobalRecorder::new())).build()?;
/// // … a layer of `metrics`, which may be used before:
/// metrics::set_global_recorder(Registry::builder().build()?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct GlobalRecorder(Arc<State>);

#[derive(Default)]
struct State {
    /// In the order of the calls.
    descriptions: Mutex<Vec<Description>>,
    /// The recorder that has the descriptions, by its address. 0 is none, and after a new description.
    described: AtomicUsize,
    /// The values of gauges, which all handles of one key share.
    gauges: Mutex<HashMap<Key, Arc<AtomicU64>>>,
}

#[derive(Clone)]
struct Description {
    kind: Kind,
    name: KeyName,
    unit: Option<Unit>,
    help: SharedString,
    /// That of gusset's own metrics, from which its recorders read more.
    descriptor: Option<MetricDescriptor>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A counter or a histogram.
struct Handle {
    state: Arc<State>,
    key: Key,
}

struct GaugeHandle {
    state: Arc<State>,
    key: Key,
    /// The bits of a number.
    value: Arc<AtomicU64>,
}

thread_local! {
    /// Whether this thread passes a value on. A `GlobalRecorder` that is then asked for a handle is itself the
    /// recorder that it looks for, and would ask itself without end.
    static IS_PASSING_ON: Cell<bool> = const { Cell::new(false) };
}

fn is_passing_on() -> bool {
    IS_PASSING_ON.try_with(Cell::get).unwrap_or_default()
}

/// Marks that this thread passes a value on, until it is dropped: also if the recorder panics.
struct PassingOn(bool);

#[cold]
fn report_own_recorder() {
    static IS_REPORTED: AtomicBool = AtomicBool::new(false);
    if !IS_REPORTED.swap(true, Ordering::Relaxed) {
        tracing::error!(
            target: "gusset::metrics",
            "metrics are lost: a `GlobalRecorder` is itself the recorder of the process or of this thread; install \
             another recorder, or leave out `with_local_recorder`"
        );
    }
}

// === impl PassingOn ===

impl PassingOn {
    fn enter() -> Self {
        let outer = IS_PASSING_ON.try_with(|passing| passing.replace(true));
        Self(outer.unwrap_or_default())
    }
}

impl Drop for PassingOn {
    fn drop(&mut self) {
        let _ = IS_PASSING_ON.try_with(|passing| passing.set(self.0));
    }
}

// === impl GlobalRecorder ===

impl GlobalRecorder {
    /// Creates a recorder. Clones share the values of gauges.
    pub fn new() -> Self {
        Self::default()
    }

    fn describe(&self, kind: Kind, name: KeyName, unit: Option<Unit>, help: SharedString) {
        if is_passing_on() {
            return;
        }
        let mut descriptions = lock(&self.0.descriptions);
        let description = Description {
            kind,
            name,
            unit,
            help,
            descriptor: MetricDescriptor::being_described(),
        };
        let mut known = descriptions.iter_mut();
        match known.find(|known| known.kind == kind && known.name == description.name) {
            Some(known) => *known = description,
            None => descriptions.push(description),
        }
        self.0.described.store(0, Ordering::Release);
    }

    fn handle(&self, key: &Key) -> Arc<Handle> {
        Arc::new(Handle {
            state: self.0.clone(),
            key: key.clone(),
        })
    }
}

impl Recorder for GlobalRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(Kind::Counter, name, unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(Kind::Gauge, name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(Kind::Histogram, name, unit, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if is_passing_on() {
            report_own_recorder();
            return Counter::noop();
        }
        Counter::from_arc(self.handle(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        if is_passing_on() {
            report_own_recorder();
            return Gauge::noop();
        }
        let value = lock(&self.0.gauges).entry(key.clone()).or_default().clone();
        Gauge::from_arc(Arc::new(GaugeHandle {
            state: self.0.clone(),
            key: key.clone(),
            value,
        }))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if is_passing_on() {
            report_own_recorder();
            return Histogram::noop();
        }
        Histogram::from_arc(self.handle(key))
    }
}

impl fmt::Debug for GlobalRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalRecorder").finish_non_exhaustive()
    }
}

// === impl State ===

impl State {
    /// Calls `record` with the recorder that is global now, after it was given the descriptions.
    fn with(&self, record: impl FnOnce(&dyn Recorder)) {
        let _passing_on = PassingOn::enter();
        with_recorder(|recorder| {
            let address = std::ptr::from_ref(recorder).cast::<()>() as usize;
            if self.described.load(Ordering::Acquire) != address {
                self.describe_to(recorder);
                self.described.store(address, Ordering::Release);
            }
            record(recorder);
        });
    }

    #[cold]
    fn describe_to(&self, recorder: &dyn Recorder) {
        // Copied, because the recorder is the user's code, which must not run under the lock.
        let descriptions = lock(&self.descriptions).clone();
        for description in descriptions {
            description.describe_to(recorder);
        }
    }
}

// === impl Description ===

impl Description {
    fn describe_to(self, recorder: &dyn Recorder) {
        let Self {
            kind,
            name,
            unit,
            help,
            descriptor,
        } = self;
        match (descriptor, kind) {
            (Some(descriptor), _) => descriptor.describe(recorder),
            (None, Kind::Counter) => recorder.describe_counter(name, unit, help),
            (None, Kind::Gauge) => recorder.describe_gauge(name, unit, help),
            (None, Kind::Histogram) => recorder.describe_histogram(name, unit, help),
        }
    }
}

// === impl Handle ===

impl CounterFn for Handle {
    fn increment(&self, value: u64) {
        self.state.with(|recorder| {
            recorder
                .register_counter(&self.key, &METADATA)
                .increment(value);
        });
    }

    fn absolute(&self, value: u64) {
        self.state.with(|recorder| {
            recorder
                .register_counter(&self.key, &METADATA)
                .absolute(value);
        });
    }
}

impl HistogramFn for Handle {
    fn record(&self, value: f64) {
        self.state.with(|recorder| {
            recorder
                .register_histogram(&self.key, &METADATA)
                .record(value);
        });
    }

    fn record_many(&self, value: f64, count: usize) {
        self.state.with(|recorder| {
            recorder
                .register_histogram(&self.key, &METADATA)
                .record_many(value, count);
        });
    }
}

// === impl GaugeHandle ===

impl GaugeHandle {
    /// Changes the value and passes it on, without a lock: the recorder is the user's code.
    ///
    /// Two threads may pass on their values in the wrong order. Each therefore looks at the value again
    /// after it has passed it on, and passes on the new one if it has changed: the last value that the recorder
    /// gets was the current one after it got it.
    fn change(&self, change: impl Fn(f64) -> f64) {
        let to_bits = |bits| Some(change(f64::from_bits(bits)).to_bits());
        let _ = self
            .value
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, to_bits);
        let mut passed_on = None;
        loop {
            let bits = self.value.load(Ordering::Acquire);
            if passed_on == Some(bits) {
                return;
            }
            self.state.with(|recorder| {
                let gauge = recorder.register_gauge(&self.key, &METADATA);
                gauge.set(f64::from_bits(bits));
            });
            passed_on = Some(bits);
        }
    }
}

impl GaugeFn for GaugeHandle {
    fn increment(&self, by: f64) {
        self.change(|value| value + by);
    }

    fn decrement(&self, by: f64) {
        self.change(|value| value - by);
    }

    fn set(&self, to: f64) {
        self.change(|_| to);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves the value as it was or as it is to be.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
