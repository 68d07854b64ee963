//! The handles of one series, each resolved when it is first needed.

use std::sync::OnceLock;

use gusset_core::Stage;
use metrics::{Counter, Gauge, Histogram, Label};

use super::Meter;
use crate::instruments::{self, Labels};
use crate::key::{SeriesKey, Version};
use crate::labels::LabelId;
use crate::names::{self, Metric};

/// The handles of one series. What the family does not have stays empty.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    duration: OnceLock<Histogram>,
    time_to_head: OnceLock<Histogram>,
    response_size: OnceLock<Histogram>,
    stream: OnceLock<Histogram>,
    abandoned: [OnceLock<Counter>; 2],
}

/// A series, with what its handles are made of when they are first needed.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) meter: &'a Meter,
    pub(super) handles: &'a Handles,
    /// `None` for the overflow series.
    pub(super) key: Option<SeriesKey>,
}

// === impl Series ===

impl Series<'_> {
    /// Counts a call that has no series of its own.
    #[inline]
    pub(super) fn count_if_folded(self) {
        if self.key.is_none() {
            self.meter.series.count_folded(&self.meter.recorder);
        }
    }

    #[inline]
    pub(super) fn duration(self, seconds: f64) {
        self.record(&self.handles.duration, self.meter.family.duration, seconds);
    }

    #[inline]
    pub(super) fn time_to_head(self, seconds: f64) {
        if let Some(metric) = self.meter.family.time_to_head {
            self.record(&self.handles.time_to_head, metric, seconds);
        }
    }

    #[inline]
    pub(super) fn response_size(self, bytes: u64) {
        if let Some(metric) = self.meter.family.response_size {
            self.record(&self.handles.response_size, metric, bytes as f64);
        }
    }

    pub(super) fn stream(self, seconds: f64) {
        if let Some(metric) = self.meter.family.stream {
            self.record(&self.handles.stream, metric, seconds);
        }
    }

    pub(super) fn abandoned(self, stage: Stage) {
        let counter = self.handles.abandoned[stage as usize].get_or_init(|| {
            // However the response began, it is one row: who left, where, and how far along.
            let key = self.key.map(|key| SeriesKey {
                version: Version::Unknown,
                status: 0,
                error: 0,
                ..key
            });
            let mut labels = labels(self.meter, key);
            labels.push(Label::from_static_parts(names::STAGE, stage.as_str()));
            instruments::counter(&self.meter.recorder, self.meter.family.abandoned, labels)
        });
        counter.increment(1);
    }

    #[inline]
    fn record(self, handle: &OnceLock<Histogram>, metric: &Metric, value: f64) {
        let histogram = handle.get_or_init(|| {
            instruments::histogram(&self.meter.recorder, metric, labels(self.meter, self.key))
        });
        histogram.record(value);
    }
}

/// The gauge of calls under way.
pub(super) fn active(meter: &Meter, key: SeriesKey) -> Gauge {
    instruments::gauge(
        &meter.recorder,
        meter.family.active,
        labels(meter, Some(key)),
    )
}

/// The labels of a key; of the overflow series, the mark of that.
fn labels(meter: &Meter, key: Option<SeriesKey>) -> Labels {
    let family = meter.family;
    let mut labels = Labels::new();
    for (name, value) in &meter.fixed {
        labels.push(Label::new(*name, value.clone()));
    }
    let Some(key) = key else {
        labels.push(Label::from_static_parts(names::OVERFLOW, "true"));
        return labels;
    };
    let SeriesKey {
        name,
        peer,
        method,
        scheme,
        version,
        status,
        error,
        labels: user,
    } = key;
    if let Some(label) = family.method {
        labels.push(Label::new(
            label,
            meter.methods.name(method.into()).to_owned(),
        ));
    }
    if let Some(label) = family.scheme {
        labels.push(Label::from_static_parts(label, scheme.as_str()));
    }
    if let Some((host, port)) = meter
        .peers
        .name(peer)
        .and_then(|peer| peer.rsplit_once(':'))
    {
        labels.push(Label::new(names::SERVER_ADDRESS, host.to_owned()));
        labels.push(Label::new(names::SERVER_PORT, port.to_owned()));
    }
    if let Some(name) = meter.names.name(name) {
        labels.push(Label::new(family.name, name.to_owned()));
    }
    if status != 0 {
        let (label, text) = family.status;
        labels.push(Label::from_static_parts(label, text(status)));
    }
    if let Some(error) = meter.errors.token(error) {
        labels.push(Label::from_static_parts(names::ERROR, error.as_str()));
    }
    if let Some(version) = version.as_str() {
        labels.push(Label::from_static_parts(names::VERSION, version));
    }
    for (label, id) in meter.labels.iter().zip(user) {
        if let Some(value) = label.text(LabelId(id)) {
            labels.push(Label::new(label.key().to_owned(), value.to_owned()));
        }
    }
    labels
}
