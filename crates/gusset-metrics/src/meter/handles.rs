//! The handles of one series, each resolved when it is first needed.

use std::sync::OnceLock;

use gusset_http::{ReadState, RequestBodyProgress};
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
    time_to_headers: OnceLock<Histogram>,
    response_size: OnceLock<Histogram>,
    stream: OnceLock<Histogram>,
    request_size: OnceLock<Histogram>,
    outcomes: OnceLock<Counter>,
    /// Partly read, and broken off.
    unread: [OnceLock<Counter>; 2],
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
    pub(super) fn time_to_headers(self, seconds: f64) {
        if let Some(metric) = self.meter.family.time_to_headers {
            self.record(&self.handles.time_to_headers, metric, seconds);
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

    /// Counts what became of the call.
    #[inline]
    pub(super) fn outcome(self) {
        match self.handles.outcomes.get() {
            Some(counter) => counter.increment(1),
            None => self.register_outcome().increment(1),
        }
    }

    #[cold]
    #[inline(never)]
    fn register_outcome(&self) -> &Counter {
        self.handles.outcomes.get_or_init(|| {
            let ending = self.key.map(|key| key.ending).unwrap_or_default();
            let outcome = ending
                .outcome()
                .map(|outcome| (names::OUTCOME, outcome.as_str()));
            let stage = ending.stage().map(|stage| (names::STAGE, stage.as_str()));
            let marks = outcome.into_iter().chain(stage);
            self.counter(self.meter.family.outcomes, marks)
        })
    }

    /// What was read of the request's body.
    pub(super) fn request(self, progress: &RequestBodyProgress) {
        if let Some(metric) = self.meter.family.request_size {
            self.record(&self.handles.request_size, metric, progress.bytes() as f64);
        }
        let read = progress.read();
        if let (Some(metric), true) = (self.meter.family.unread, read != ReadState::Complete) {
            let broken = usize::from(read == ReadState::Aborted);
            let counter = self.handles.unread[broken]
                .get_or_init(|| self.counter(metric, [(names::READ, read.as_str())]));
            counter.increment(1);
        }
    }

    /// A counter of calls with those marks, one row however their responses began.
    fn counter(
        &self,
        metric: &Metric,
        marks: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Counter {
        let common = self.key.map(|key| SeriesKey {
            version: Version::Unknown,
            status: 0,
            error: 0,
            ..key
        });
        let mut labels = labels(self.meter, common);
        let marks = marks.into_iter();
        labels.extend(marks.map(|(key, value)| Label::from_static_parts(key, value)));
        instruments::counter(&self.meter.recorder, metric, labels)
    }

    #[inline]
    fn record(self, handle: &OnceLock<Histogram>, metric: &Metric, value: f64) {
        match handle.get() {
            Some(histogram) => histogram.record(value),
            None => register(self.meter, self.key, handle, metric).record(value),
        }
    }
}

/// Resolves a handle. Apart, and out of the way of the calls that find theirs.
#[cold]
#[inline(never)]
fn register<'a>(
    meter: &Meter,
    key: Option<SeriesKey>,
    handle: &'a OnceLock<Histogram>,
    metric: &Metric,
) -> &'a Histogram {
    handle.get_or_init(|| instruments::histogram(&meter.recorder, metric, labels(meter, key)))
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
        // Told by the one metric that has it.
        ending: _,
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
