//! Recorders of the `metrics` facade.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata};

use crate::{InstrumentKind, MetricDescriptor, Unit};

/// A recorder of the `metrics` facade, shared by handle, so that several recorders live in one
/// process and none has to be global.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

/// The metadata with which gusset registers its metrics.
pub const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

// === impl MetricDescriptor ===

impl MetricDescriptor {
    /// Describes the metric to a recorder: its unit and help.
    pub fn describe(&self, recorder: &SharedRecorder) {
        let name = KeyName::from_const_str(self.name);
        let unit = Some(self.unit.into());
        match self.kind {
            InstrumentKind::Counter => recorder.describe_counter(name, unit, self.help.into()),
            InstrumentKind::Gauge => recorder.describe_gauge(name, unit, self.help.into()),
            InstrumentKind::Histogram => recorder.describe_histogram(name, unit, self.help.into()),
        }
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
