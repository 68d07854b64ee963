//! The names of all that is measured of the roads themselves. They are API: a renamed metric is a
//! breaking change.
//!
//! They are those of OpenTelemetry's semantic conventions (1.44, in development there).

/// A metric: name, kind, unit, help, labels.
///
/// ```
/// for metric in gusset_otlp::names::ALL {
///     assert!(metric.name.starts_with("otel.sdk."), "{}", metric.help);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// The unit, by UCUM.
    pub unit: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The labels.
    pub labels: &'static [&'static str],
}

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// `otel.component.name`: the type and a number, `batching_span_processor/0`.
pub const COMPONENT_NAME: &str = "otel.component.name";
/// `otel.component.type`: `batching_span_processor`, `otlp_http_span_exporter` and the like.
pub const COMPONENT_TYPE: &str = "otel.component.type";
/// `error.type`: `queue_full`, `already_shutdown`, `rejected`, `timeout`, `connection`, a status or the name of a code;
/// absent where all went well.
pub const ERROR_TYPE: &str = "error.type";
/// `server.address`: the host of the receiver.
pub const SERVER_ADDRESS: &str = "server.address";
/// `server.port`: the port of the receiver.
pub const SERVER_PORT: &str = "server.port";

const PROCESSOR: &[&str] = &[COMPONENT_NAME, COMPONENT_TYPE];
const PROCESSED: &[&str] = &[COMPONENT_NAME, COMPONENT_TYPE, ERROR_TYPE];
const EXPORTER: &[&str] = &[COMPONENT_NAME, COMPONENT_TYPE, SERVER_ADDRESS, SERVER_PORT];
const EXPORTED: &[&str] = &[
    COMPONENT_NAME,
    COMPONENT_TYPE,
    SERVER_ADDRESS,
    SERVER_PORT,
    ERROR_TYPE,
];

/// Spans that wait.
pub const SPAN_QUEUE_SIZE: Metric = Metric {
    name: "otel.sdk.processor.span.queue.size",
    kind: Kind::Gauge,
    unit: "{span}",
    help: "Spans in the queue.",
    labels: PROCESSOR,
};

/// Spans that may wait.
pub const SPAN_QUEUE_CAPACITY: Metric = Metric {
    name: "otel.sdk.processor.span.queue.capacity",
    kind: Kind::Gauge,
    unit: "{span}",
    help: "Spans that the queue has room for.",
    labels: PROCESSOR,
};

/// Spans that went through the queue, or found it full.
pub const SPAN_PROCESSED: Metric = Metric {
    name: "otel.sdk.processor.span.processed",
    kind: Kind::Counter,
    unit: "{span}",
    help: "Spans taken from the queue, or dropped before it.",
    labels: PROCESSED,
};

/// Spans on their way.
pub const SPAN_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.span.inflight",
    kind: Kind::Gauge,
    unit: "{span}",
    help: "Spans that are being exported.",
    labels: EXPORTER,
};

/// Spans that arrived, or did not.
pub const SPAN_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.span.exported",
    kind: Kind::Counter,
    unit: "{span}",
    help: "Spans whose export has ended.",
    labels: EXPORTED,
};

/// Records that wait.
pub const LOG_QUEUE_SIZE: Metric = Metric {
    name: "otel.sdk.processor.log.queue.size",
    kind: Kind::Gauge,
    unit: "{log_record}",
    help: "Log records in the queue.",
    labels: PROCESSOR,
};

/// Records that may wait.
pub const LOG_QUEUE_CAPACITY: Metric = Metric {
    name: "otel.sdk.processor.log.queue.capacity",
    kind: Kind::Gauge,
    unit: "{log_record}",
    help: "Log records that the queue has room for.",
    labels: PROCESSOR,
};

/// Records that went through the queue, or found it full.
pub const LOG_PROCESSED: Metric = Metric {
    name: "otel.sdk.processor.log.processed",
    kind: Kind::Counter,
    unit: "{log_record}",
    help: "Log records taken from the queue, or dropped before it.",
    labels: PROCESSED,
};

/// Records on their way.
pub const LOG_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.log.inflight",
    kind: Kind::Gauge,
    unit: "{log_record}",
    help: "Log records that are being exported.",
    labels: EXPORTER,
};

/// Records that arrived, or did not.
pub const LOG_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.log.exported",
    kind: Kind::Counter,
    unit: "{log_record}",
    help: "Log records whose export has ended.",
    labels: EXPORTED,
};

/// Data points on their way.
pub const POINT_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.metric_data_point.inflight",
    kind: Kind::Gauge,
    unit: "{data_point}",
    help: "Data points that are being exported.",
    labels: EXPORTER,
};

/// Data points that arrived, or did not.
pub const POINT_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.metric_data_point.exported",
    kind: Kind::Counter,
    unit: "{data_point}",
    help: "Data points whose export has ended.",
    labels: EXPORTED,
};

/// How long it takes to read all metrics.
pub const COLLECTION_DURATION: Metric = Metric {
    name: "otel.sdk.metric_reader.collection.duration",
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of the collection of all metrics.",
    labels: PROCESSOR,
};

/// How long an exchange with the receiver takes.
pub const OPERATION_DURATION: Metric = Metric {
    name: "otel.sdk.exporter.operation.duration",
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of exports, with all of their retries.",
    labels: EXPORTED,
};

/// All of them, in the order of the catalogue.
pub const ALL: &[Metric] = &[
    SPAN_QUEUE_SIZE,
    SPAN_QUEUE_CAPACITY,
    SPAN_PROCESSED,
    SPAN_INFLIGHT,
    SPAN_EXPORTED,
    LOG_QUEUE_SIZE,
    LOG_QUEUE_CAPACITY,
    LOG_PROCESSED,
    LOG_INFLIGHT,
    LOG_EXPORTED,
    POINT_INFLIGHT,
    POINT_EXPORTED,
    COLLECTION_DURATION,
    OPERATION_DURATION,
];
