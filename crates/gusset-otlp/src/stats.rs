//! What is told to a recorder of the `metrics` facade of the roads themselves.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Unit};

use crate::names::{self, Kind, Metric};
use crate::road::Road;
use crate::{Protocol, Signal};

/// Where metrics are recorded: any recorder of the `metrics` facade, shared by handle, so that no
/// global is needed and several live in one process.
pub type SharedRecorder = Arc<dyn metrics::Recorder + Send + Sync>;

const METADATA: Metadata<'_> = Metadata::new("gusset", Level::INFO, None);

/// Counts what a queue does not take, as it happens.
pub(crate) struct Dropped {
    pub(crate) full: Counter,
    pub(crate) closed: Counter,
}

/// The numbers of a queue.
pub(crate) struct Queue {
    size: Gauge,
    processed: Counter,
}

/// The numbers of a road. Those with an `error.type` are looked up when there is an error.
pub(crate) struct Exports {
    recorder: SharedRecorder,
    signal: Signal,
    labels: Vec<Label>,
    inflight: Gauge,
}

pub(crate) fn describe(recorder: &SharedRecorder) {
    for metric in names::ALL {
        let name = KeyName::from_const_str(metric.name);
        let unit = Some(match metric.unit {
            "s" => Unit::Seconds,
            _ => Unit::Count,
        });
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, unit, metric.help.into()),
            Kind::Gauge => recorder.describe_gauge(name, unit, metric.help.into()),
            Kind::Histogram => recorder.describe_histogram(name, unit, metric.help.into()),
        }
    }
}

/// How long a collection took.
pub(crate) fn collections(recorder: &SharedRecorder) -> Histogram {
    let labels = component("periodic_metric_reader".to_owned());
    let key = Key::from_parts(names::COLLECTION_DURATION.name, labels);
    recorder.register_histogram(&key, &METADATA)
}

fn component(kind: String) -> Vec<Label> {
    let name = format!("{kind}/0");
    vec![
        Label::new(names::COMPONENT_NAME, name),
        Label::new(names::COMPONENT_TYPE, kind),
    ]
}

fn singular(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric",
        Signal::Logs => "log",
    }
}

// === impl Dropped ===

impl Default for Dropped {
    fn default() -> Self {
        Self {
            full: Counter::noop(),
            closed: Counter::noop(),
        }
    }
}

// === impl Queue ===

impl Queue {
    /// The numbers of the queue of spans or of log records.
    pub(crate) fn new(
        recorder: &SharedRecorder,
        signal: Signal,
        capacity: usize,
    ) -> (Self, Dropped) {
        let [size, most, processed] = match signal {
            Signal::Logs => [
                names::LOG_QUEUE_SIZE,
                names::LOG_QUEUE_CAPACITY,
                names::LOG_PROCESSED,
            ],
            _ => [
                names::SPAN_QUEUE_SIZE,
                names::SPAN_QUEUE_CAPACITY,
                names::SPAN_PROCESSED,
            ],
        };
        let labels = component(format!("batching_{}_processor", singular(signal)));
        let gauge = |metric: Metric| {
            recorder.register_gauge(&Key::from_parts(metric.name, labels.clone()), &METADATA)
        };
        gauge(most).set(capacity as f64);
        let counter =
            |labels| recorder.register_counter(&Key::from_parts(processed.name, labels), &METADATA);
        let error = |kind| {
            let mut labels = labels.clone();
            labels.push(Label::from_static_parts(names::ERROR_TYPE, kind));
            counter(labels)
        };
        let dropped = Dropped {
            full: error("queue_full"),
            closed: error("already_shutdown"),
        };
        let this = Self {
            size: gauge(size),
            processed: counter(labels.clone()),
        };
        (this, dropped)
    }

    pub(crate) fn took(&self, count: usize, waiting: usize) {
        self.processed.increment(count as u64);
        self.size.set(waiting as f64);
    }

    /// What is waiting, to be set while nothing is taken.
    pub(crate) fn size(&self) -> Gauge {
        self.size.clone()
    }
}

// === impl Exports ===

impl Exports {
    pub(crate) fn new(recorder: &SharedRecorder, signal: Signal, road: &Road) -> Self {
        let protocol = match road.protocol() {
            Protocol::HttpProtobuf => "http",
            Protocol::HttpJson => "http_json",
            Protocol::Grpc => "grpc",
        };
        let mut labels = component(format!("otlp_{protocol}_{}_exporter", singular(signal)));
        let endpoint = road.endpoint();
        labels.push(Label::new(
            names::SERVER_ADDRESS,
            endpoint.host().to_owned(),
        ));
        labels.push(Label::new(names::SERVER_PORT, endpoint.port().to_string()));
        let inflight = match signal {
            Signal::Traces => names::SPAN_INFLIGHT,
            Signal::Metrics => names::POINT_INFLIGHT,
            Signal::Logs => names::LOG_INFLIGHT,
        };
        let key = Key::from_parts(inflight.name, labels.clone());
        Self {
            inflight: recorder.register_gauge(&key, &METADATA),
            recorder: Arc::clone(recorder),
            signal,
            labels,
        }
    }

    pub(crate) fn began(&self, items: u64) {
        self.inflight.set(items as f64);
    }

    /// So many items came to their end, with this error if it was one. What a label may be is bounded:
    /// statuses, codes and a few words.
    pub(crate) fn ended(&self, items: u64, error: Option<&str>) {
        self.inflight.set(0.0);
        if items == 0 {
            return;
        }
        let exported = match self.signal {
            Signal::Traces => names::SPAN_EXPORTED,
            Signal::Metrics => names::POINT_EXPORTED,
            Signal::Logs => names::LOG_EXPORTED,
        };
        let key = Key::from_parts(exported.name, self.labels_with(error));
        self.recorder
            .register_counter(&key, &METADATA)
            .increment(items);
    }

    pub(crate) fn lasted(&self, duration: Duration, error: Option<&str>) {
        let key = Key::from_parts(names::OPERATION_DURATION.name, self.labels_with(error));
        self.recorder
            .register_histogram(&key, &METADATA)
            .record(duration.as_secs_f64());
    }

    fn labels_with(&self, error: Option<&str>) -> Vec<Label> {
        let mut labels = self.labels.clone();
        if let Some(error) = error {
            labels.push(Label::new(names::ERROR_TYPE, error.to_owned()));
        }
        labels
    }
}

impl fmt::Debug for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exports")
    }
}
