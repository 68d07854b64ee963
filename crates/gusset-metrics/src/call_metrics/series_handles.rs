//! The handles of one series. Each is registered when it is first needed.

use std::sync::OnceLock;

use gusset_data::semconv;
use gusset_http::{ReadState, RequestBodyProgress};
use metrics::{Counter, Gauge, Histogram, Label};

use super::CallInstruments;
use crate::key::SeriesKey;
use crate::labels::LabelId;
use crate::names::{self, MetricDescriptor};
use crate::registered::registered;

/// The handles of one series. Those that its instrument set lacks stay empty.
#[derive(Debug, Default)]
pub(crate) struct SeriesHandles {
    duration: OnceLock<Histogram>,
    time_to_headers: OnceLock<Histogram>,
    response_size: OnceLock<Histogram>,
    stream_duration: OnceLock<Histogram>,
    request_size: OnceLock<Histogram>,
    outcomes: OnceLock<Counter>,
    /// Partially read, and aborted.
    unread: [OnceLock<Counter>; 2],
    messages: OnceLock<Counter>,
}

/// A series, with what is needed to register its handles.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) instruments: &'a CallInstruments,
    pub(super) handles: &'a SeriesHandles,
    /// `None` for the overflow series.
    pub(super) key: Option<SeriesKey>,
}

// === impl Series ===

impl Series<'_> {
    /// Counts the call if this is the overflow series.
    #[inline]
    pub(super) fn count_overflow(self) {
        if self.key.is_none() {
            self.instruments
                .series
                .count_overflow(&self.instruments.recorder);
        }
    }

    #[inline]
    pub(super) fn duration(self, seconds: f64) {
        self.record(
            &self.handles.duration,
            self.instruments.set.duration,
            seconds,
        );
    }

    #[inline]
    pub(super) fn time_to_headers(self, seconds: f64) {
        if let Some(metric) = self.instruments.set.time_to_headers {
            self.record(&self.handles.time_to_headers, metric, seconds);
        }
    }

    #[inline]
    pub(super) fn response_size(self, bytes: u64) {
        if let Some(metric) = self.instruments.set.response_size {
            self.record(&self.handles.response_size, metric, bytes as f64);
        }
    }

    pub(super) fn stream_duration(self, seconds: f64) {
        if let Some(metric) = self.instruments.set.stream_duration {
            self.record(&self.handles.stream_duration, metric, seconds);
        }
    }

    /// Counts the call by its outcome.
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
        registered(&self.handles.outcomes, || {
            let outcome = self.key.map(|key| key.outcome).unwrap_or_default();
            let stage = outcome
                .stage()
                .map(|stage| (semconv::GUSSET_STAGE, stage.as_str()));
            let outcome = outcome
                .outcome()
                .map(|outcome| (semconv::GUSSET_OUTCOME, outcome.as_str()));
            let labels = outcome.into_iter().chain(stage);
            self.counter(self.instruments.set.outcomes, labels)
        })
    }

    /// Records how much of the request body was read.
    pub(super) fn request_body(self, progress: &RequestBodyProgress) {
        if let Some(metric) = self.instruments.set.request_size {
            self.record(&self.handles.request_size, metric, progress.bytes() as f64);
        }
        let read = progress.state();
        if let (Some(metric), true) = (self.instruments.set.unread, read != ReadState::Complete) {
            let aborted = usize::from(read == ReadState::Aborted);
            let cell = &self.handles.unread[aborted];
            let register = || self.counter(metric, [(names::GUSSET_REQUEST_READ, read.as_str())]);
            let counter = cell.get().unwrap_or_else(|| registered(cell, register));
            counter.increment(1);
        }
    }

    /// Counts the messages of a call, with the type of its error.
    pub(super) fn messages(self, messages: u32) {
        if let Some(metric) = self.instruments.set.messages {
            let cell = &self.handles.messages;
            let register = || {
                let labels = labels(self.instruments, self.key);
                metric.counter(&self.instruments.recorder, labels)
            };
            let counter = cell.get().unwrap_or_else(|| registered(cell, register));
            counter.increment(messages.into());
        }
    }

    /// Registers a counter without the labels of the response, and with additional labels.
    fn counter(
        &self,
        metric: &MetricDescriptor,
        additional: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Counter {
        let key = self.key.map(|key| SeriesKey {
            version: None,
            status: 0,
            error: 0,
            ..key
        });
        let mut labels = labels(self.instruments, key);
        let additional = additional.into_iter();
        labels.extend(additional.map(|(key, value)| Label::from_static_parts(key, value)));
        metric.counter(&self.instruments.recorder, labels)
    }

    #[inline]
    fn record(self, handle: &OnceLock<Histogram>, metric: &MetricDescriptor, value: f64) {
        match handle.get() {
            Some(histogram) => histogram.record(value),
            None => register(self.instruments, self.key, handle, metric).record(value),
        }
    }
}

/// Registers a histogram. A separate function, so that the code of calls with a handle stays short.
#[cold]
#[inline(never)]
fn register<'a>(
    instruments: &CallInstruments,
    key: Option<SeriesKey>,
    handle: &'a OnceLock<Histogram>,
    metric: &MetricDescriptor,
) -> &'a Histogram {
    registered(handle, || {
        metric.histogram(&instruments.recorder, labels(instruments, key))
    })
}

/// Registers the gauge of active calls.
pub(super) fn active(instruments: &CallInstruments, key: SeriesKey) -> Gauge {
    let labels = labels(instruments, Some(key));
    instruments.set.active.gauge(&instruments.recorder, labels)
}

/// Returns the labels of a key, or of the overflow series.
fn labels(instruments: &CallInstruments, key: Option<SeriesKey>) -> Vec<Label> {
    let set = instruments.set;
    let mut labels = Vec::new();
    for (name, value) in &instruments.constant_labels {
        labels.push(Label::new(*name, value.clone()));
    }
    let Some(key) = key else {
        labels.push(Label::from_static_parts(
            semconv::OTEL_METRIC_OVERFLOW,
            "true",
        ));
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
        // Only the counter of outcomes has it.
        outcome: _,
        labels: user,
    } = key;
    if let Some(label) = set.method {
        let method = instruments.options.method_name(method.into());
        labels.push(Label::new(label, method.to_owned()));
    }
    if let Some(label) = set.scheme {
        labels.push(Label::from_static_parts(label, scheme.as_str()));
    }
    let peer = instruments.peers.text(peer);
    if let Some((host, port)) = peer.and_then(|peer| peer.rsplit_once(':')) {
        labels.push(Label::new(semconv::SERVER_ADDRESS, host.to_owned()));
        labels.push(Label::new(semconv::SERVER_PORT, port.to_owned()));
    }
    let (label, name_text) = set.name;
    if let Some(text) = name_text(instruments, name) {
        let keys = [label].into_iter().chain(set.more_names.iter().copied());
        let texts = text.splitn(1 + set.more_names.len(), '\0');
        let names = keys.zip(texts).filter(|(_, name)| !name.is_empty());
        labels.extend(names.map(|(key, name)| Label::new(key, name.to_owned())));
    }
    if status != 0 {
        let (label, text) = set.status;
        labels.push(Label::from_static_parts(label, text(status)));
    }
    if let Some(error) = instruments.error_types.error_type(error) {
        labels.push(Label::from_static_parts(
            semconv::ERROR_TYPE,
            error.as_str(),
        ));
    }
    if let Some(version) = version {
        labels.push(Label::from_static_parts(
            semconv::NETWORK_PROTOCOL_VERSION,
            version.as_str(),
        ));
    }
    for (label, id) in instruments.labels.iter().zip(user) {
        if let Some(value) = label.text(LabelId(id)) {
            labels.push(Label::new(label.key().to_owned(), value.to_owned()));
        }
    }
    labels
}
