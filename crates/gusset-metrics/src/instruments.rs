//! The metrics of `names` on a recorder.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Level, Metadata};

use crate::SharedRecorder;
use crate::names::{Kind, Metric};

const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

/// The labels of a series that is about to be registered.
pub(crate) type Labels = Vec<metrics::Label>;

/// Tells the recorder of a metric: its unit and help.
pub(crate) fn describe(recorder: &SharedRecorder, metric: &Metric) {
    let (name, unit) = (
        KeyName::from_const_str(metric.name),
        Some(metric.unit.into()),
    );
    match metric.kind {
        Kind::Counter => recorder.describe_counter(name, unit, metric.help.into()),
        Kind::Gauge => recorder.describe_gauge(name, unit, metric.help.into()),
        Kind::Histogram => recorder.describe_histogram(name, unit, metric.help.into()),
    }
}

pub(crate) fn counter(recorder: &SharedRecorder, metric: &Metric, labels: Labels) -> Counter {
    recorder.register_counter(&Key::from_parts(metric.name, labels), &METADATA)
}

pub(crate) fn gauge(recorder: &SharedRecorder, metric: &Metric, labels: Labels) -> Gauge {
    recorder.register_gauge(&Key::from_parts(metric.name, labels), &METADATA)
}

pub(crate) fn histogram(recorder: &SharedRecorder, metric: &Metric, labels: Labels) -> Histogram {
    recorder.register_histogram(&Key::from_parts(metric.name, labels), &METADATA)
}
