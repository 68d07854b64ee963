//! Recorders of the `metrics` facade.

use std::cell::Cell;
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata};

use crate::{InstrumentKind, MetricDescriptor, Unit};

/// A recorder of the `metrics` facade, shared by handle, so that several recorders live in one
/// process and none has to be global.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

/// The metadata with which gusset registers its metrics.
pub const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

thread_local! {
    static DESCRIBED: Cell<Option<MetricDescriptor>> = const { Cell::new(None) };
}

/// Sets the descriptor that is being described, until it is dropped: also if the recorder panics.
struct DescribeScope {
    outer: Option<MetricDescriptor>,
}

// === impl DescribeScope ===

impl DescribeScope {
    fn enter(descriptor: MetricDescriptor) -> Self {
        let outer = DESCRIBED.try_with(|described| described.replace(Some(descriptor)));
        Self {
            outer: outer.ok().flatten(),
        }
    }
}

impl Drop for DescribeScope {
    fn drop(&mut self) {
        let _ = DESCRIBED.try_with(|described| described.set(self.outer));
    }
}

// === impl MetricDescriptor ===

impl MetricDescriptor {
    /// Describes the metric to a recorder: its unit and help.
    ///
    /// Meanwhile [`being_described`](Self::being_described) returns the descriptor on this thread.
    pub fn describe(&self, recorder: &(impl metrics::Recorder + ?Sized)) {
        let _scope = DescribeScope::enter(*self);
        let name = KeyName::from_const_str(self.name);
        let unit = Some(self.unit.into());
        match self.kind {
            InstrumentKind::Counter => recorder.describe_counter(name, unit, self.help.into()),
            InstrumentKind::UpDownCounter | InstrumentKind::Gauge => {
                recorder.describe_gauge(name, unit, self.help.into());
            }
            InstrumentKind::Histogram => recorder.describe_histogram(name, unit, self.help.into()),
        }
    }

    /// Returns the descriptor that this thread describes to a recorder.
    ///
    /// For recorders. The facade has no annotations of units and one kind of gauge, so a recorder finds
    /// here what its `describe_*` methods do not get.
    ///
    /// ```
    /// use gusset_data::MetricDescriptor;
    ///
    /// assert!(MetricDescriptor::being_described().is_none());
    /// ```
    pub fn being_described() -> Option<Self> {
        // The thread-local is gone only while a thread exits.
        DESCRIBED.try_with(Cell::get).ok().flatten()
    }

    /// Registers a counter with these labels.
    pub fn counter(&self, recorder: &SharedRecorder, labels: Vec<Label>) -> Counter {
        recorder.register_counter(&Key::from_parts(self.name, labels), &METADATA)
    }

    /// Registers a gauge with these labels.
    pub fn gauge(&self, recorder: &SharedRecorder, labels: Vec<Label>) -> Gauge {
        recorder.register_gauge(&Key::from_parts(self.name, labels), &METADATA)
    }

    /// Registers a histogram with these labels.
    ///
    /// ```
    /// use gusset_data::{InstrumentKind, MetricDescriptor, SharedRecorder, Unit};
    /// use std::sync::Arc;
    ///
    /// const TIME: MetricDescriptor = MetricDescriptor::new(
    ///     "shop.job.duration",
    ///     InstrumentKind::Histogram,
    ///     Unit::Seconds,
    ///     "Duration of jobs.",
    /// );
    /// let recorder: SharedRecorder = Arc::new(metrics::NoopRecorder);
    /// TIME.describe(&recorder);
    /// TIME.histogram(&recorder, Vec::new()).record(0.2);
    /// ```
    pub fn histogram(&self, recorder: &SharedRecorder, labels: Vec<Label>) -> Histogram {
        recorder.register_histogram(&Key::from_parts(self.name, labels), &METADATA)
    }
}

impl From<Unit> for metrics::Unit {
    /// Counts of anything are `Count`: the facade has no annotations.
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Seconds => Self::Seconds,
            Unit::Bytes => Self::Bytes,
            Unit::One | Unit::Count(_) => Self::Count,
        }
    }
}
