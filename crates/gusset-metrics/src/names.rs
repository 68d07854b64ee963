//! The table of the metrics that this crate records. Names are API: renaming a metric is a breaking
//! change.
//!
//! Names and labels follow OpenTelemetry's semantic conventions 1.44. Metrics that the conventions
//! lack are under `gusset.`. `docs/catalogue.md` is generated from this table.
//!
//! The file is long because it is one table: every name of the crate is defined here and in its modules.

mod operations;
mod pools;
mod rpc_messages;

use gusset_data::semconv::{
    ERROR_TYPE, GUSSET_OUTCOME, GUSSET_STAGE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME, MESSAGING_SYSTEM,
    NETWORK_PROTOCOL_VERSION, RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME,
    SERVER_ADDRESS, SERVER_PORT, URL_SCHEME, URL_TEMPLATE,
};

pub use gusset_data::{InstrumentKind, MetricDescriptor, Origin, Unit};

pub use self::operations::*;
pub use self::pools::*;
pub use self::rpc_messages::*;

/// `gusset.request.read`: `partial` or `aborted`, for a request body that was not read completely.
pub const GUSSET_REQUEST_READ: &str = "gusset.request.read";

const HTTP_SERVER_LABELS: &[&str] = &[
    HTTP_REQUEST_METHOD,
    URL_SCHEME,
    HTTP_ROUTE,
    HTTP_RESPONSE_STATUS_CODE,
    ERROR_TYPE,
    NETWORK_PROTOCOL_VERSION,
];
const HTTP_CLIENT_LABELS: &[&str] = &[
    HTTP_REQUEST_METHOD,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_TEMPLATE,
    HTTP_RESPONSE_STATUS_CODE,
    ERROR_TYPE,
    NETWORK_PROTOCOL_VERSION,
];
const RPC_SERVER_LABELS: &[&str] = &[
    RPC_SYSTEM_NAME,
    RPC_METHOD,
    RPC_RESPONSE_STATUS_CODE,
    ERROR_TYPE,
];
const RPC_CLIENT_LABELS: &[&str] = &[
    RPC_SYSTEM_NAME,
    SERVER_ADDRESS,
    SERVER_PORT,
    RPC_METHOD,
    RPC_RESPONSE_STATUS_CODE,
    ERROR_TYPE,
];
const MESSAGING_LABELS: &[&str] = &[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION_NAME,
    MESSAGING_DESTINATION_NAME,
    ERROR_TYPE,
];

/// Bucket boundaries for the duration of streams, in seconds: from one second to one day.
const STREAM_DURATION_BUCKETS: &[f64] = &[
    1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 43200.0, 86400.0,
];

/// The time from the start of a request to its completion; for a streaming response, to its headers.
pub const HTTP_SERVER_DURATION: MetricDescriptor = MetricDescriptor::new(
    "http.server.request.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of HTTP server requests, up to the end of the response.",
)
.with_labels(HTTP_SERVER_LABELS);

/// The requests in progress.
pub const HTTP_SERVER_ACTIVE_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "http.server.active_requests",
    InstrumentKind::UpDownCounter,
    Unit::Count("{request}"),
    "Number of active HTTP server requests.",
)
.with_labels(&[HTTP_REQUEST_METHOD, URL_SCHEME]);

/// The bytes of the response body that were sent.
pub const HTTP_SERVER_RESPONSE_BODY_SIZE: MetricDescriptor = MetricDescriptor::new(
    "http.server.response.body.size",
    InstrumentKind::Histogram,
    Unit::Bytes,
    "Size of HTTP server response bodies, as sent.",
)
.with_labels(HTTP_SERVER_LABELS);

/// The time from the start of a request to its response headers.
pub const HTTP_SERVER_TIME_TO_HEADERS: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.server.time_to_headers",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Time from the start of HTTP server requests to the response headers.",
)
.with_labels(HTTP_SERVER_LABELS);

/// The time from the headers of a streaming response to its completion.
pub const HTTP_SERVER_STREAM_DURATION: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.server.stream.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of streaming HTTP server responses, from their headers to their end.",
)
.with_labels(HTTP_SERVER_LABELS)
.with_boundaries(STREAM_DURATION_BUCKETS);

/// The completed requests, by outcome.
pub const HTTP_SERVER_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.server.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of completed HTTP server requests, by outcome.",
)
.with_labels(&[
    HTTP_REQUEST_METHOD,
    URL_SCHEME,
    HTTP_ROUTE,
    GUSSET_OUTCOME,
    GUSSET_STAGE,
]);

/// The bytes of the request body that were read.
pub const HTTP_SERVER_REQUEST_BODY_SIZE: MetricDescriptor = MetricDescriptor::new(
    "http.server.request.body.size",
    InstrumentKind::Histogram,
    Unit::Bytes,
    "Size of HTTP server request bodies, as read.",
)
.with_labels(HTTP_SERVER_LABELS);

/// The requests with a body that was not completely read.
pub const HTTP_SERVER_UNREAD_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.server.unread_requests",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of HTTP server requests with a body that was not completely read.",
)
.with_labels(&[
    HTTP_REQUEST_METHOD,
    URL_SCHEME,
    HTTP_ROUTE,
    GUSSET_REQUEST_READ,
]);

/// The time from the start of a request to its completion; for a streaming response, to its headers.
pub const HTTP_CLIENT_DURATION: MetricDescriptor = MetricDescriptor::new(
    "http.client.request.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of HTTP client requests, up to the end of the response.",
)
.with_labels(HTTP_CLIENT_LABELS);

/// The requests in progress.
pub const HTTP_CLIENT_ACTIVE_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "http.client.active_requests",
    InstrumentKind::UpDownCounter,
    Unit::Count("{request}"),
    "Number of active HTTP client requests.",
)
.with_labels(&[HTTP_REQUEST_METHOD, SERVER_ADDRESS, SERVER_PORT]);

/// The bytes of the response body that were received.
pub const HTTP_CLIENT_RESPONSE_BODY_SIZE: MetricDescriptor = MetricDescriptor::new(
    "http.client.response.body.size",
    InstrumentKind::Histogram,
    Unit::Bytes,
    "Size of HTTP client response bodies, as received.",
)
.with_labels(HTTP_CLIENT_LABELS);

/// The time from the start of a request to its response headers.
pub const HTTP_CLIENT_TIME_TO_HEADERS: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.time_to_headers",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Time from the start of HTTP client requests to the response headers.",
)
.with_labels(HTTP_CLIENT_LABELS);

/// The time from the headers of a streaming response to its completion.
pub const HTTP_CLIENT_STREAM_DURATION: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.stream.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of streaming HTTP client responses, from their headers to their end.",
)
.with_labels(HTTP_CLIENT_LABELS)
.with_boundaries(STREAM_DURATION_BUCKETS);

/// The completed requests, by outcome.
pub const HTTP_CLIENT_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of completed HTTP client requests, by outcome.",
)
.with_labels(&[
    HTTP_REQUEST_METHOD,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_TEMPLATE,
    GUSSET_OUTCOME,
    GUSSET_STAGE,
]);

/// The bytes of the request body that were sent.
pub const HTTP_CLIENT_REQUEST_BODY_SIZE: MetricDescriptor = MetricDescriptor::new(
    "http.client.request.body.size",
    InstrumentKind::Histogram,
    Unit::Bytes,
    "Size of HTTP client request bodies, as sent.",
)
.with_labels(HTTP_CLIENT_LABELS);

/// The requests with a body that was not completely sent.
pub const HTTP_CLIENT_UNSENT_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.unsent_requests",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of HTTP client requests with a body that was not completely sent.",
)
.with_labels(&[
    HTTP_REQUEST_METHOD,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_TEMPLATE,
    GUSSET_REQUEST_READ,
]);

/// The time from the start of a call to its completion.
pub const RPC_SERVER_DURATION: MetricDescriptor = MetricDescriptor::new(
    "rpc.server.call.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of RPC server calls, up to the end of the response.",
)
.with_labels(RPC_SERVER_LABELS);

/// The calls in progress.
pub const RPC_SERVER_ACTIVE_CALLS: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.server.active_calls",
    InstrumentKind::UpDownCounter,
    Unit::Count("{call}"),
    "Number of active RPC server calls.",
)
.with_labels(&[RPC_SYSTEM_NAME]);

/// The completed calls, by outcome.
pub const RPC_SERVER_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.server.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{call}"),
    "Number of completed RPC server calls, by outcome.",
)
.with_labels(&[RPC_SYSTEM_NAME, RPC_METHOD, GUSSET_OUTCOME, GUSSET_STAGE]);

/// The time from the start of a call to its completion.
pub const RPC_CLIENT_DURATION: MetricDescriptor = MetricDescriptor::new(
    "rpc.client.call.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of RPC client calls, up to the end of the response.",
)
.with_labels(RPC_CLIENT_LABELS);

/// The calls in progress.
pub const RPC_CLIENT_ACTIVE_CALLS: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.client.active_calls",
    InstrumentKind::UpDownCounter,
    Unit::Count("{call}"),
    "Number of active RPC client calls.",
)
.with_labels(&[RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT]);

/// The completed calls, by outcome.
pub const RPC_CLIENT_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.rpc.client.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{call}"),
    "Number of completed RPC client calls, by outcome.",
)
.with_labels(&[
    RPC_SYSTEM_NAME,
    SERVER_ADDRESS,
    SERVER_PORT,
    RPC_METHOD,
    GUSSET_OUTCOME,
    GUSSET_STAGE,
]);

/// The time from the arrival of a message to the end of its processing.
pub const MESSAGING_PROCESS_DURATION: MetricDescriptor = MetricDescriptor::new(
    "messaging.process.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of processing messages.",
)
.with_labels(MESSAGING_LABELS);

/// The messages being processed.
pub const MESSAGING_ACTIVE_MESSAGES: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.active_messages",
    InstrumentKind::UpDownCounter,
    Unit::Count("{message}"),
    "Number of messages being processed.",
)
.with_labels(&[MESSAGING_SYSTEM, MESSAGING_OPERATION_NAME]);

/// The processed messages, by outcome.
pub const MESSAGING_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of processed messages, by outcome.",
)
.with_labels(&[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION_NAME,
    MESSAGING_DESTINATION_NAME,
    GUSSET_OUTCOME,
]);

/// The calls that were recorded in the overflow series.
pub const OVERFLOW_CALLS: MetricDescriptor = MetricDescriptor::new(
    "gusset.metrics.overflow_calls",
    InstrumentKind::Counter,
    Unit::Count("{call}"),
    "Number of calls recorded in the overflow series because the cardinality limit was reached.",
);

/// The own fields of calls that were set as low and are not registered.
pub const UNREGISTERED_FIELDS: MetricDescriptor = MetricDescriptor::new(
    "gusset.metrics.unregistered_fields",
    InstrumentKind::Counter,
    Unit::Count("{field}"),
    "Number of own fields of calls that metrics do not have, because their names are not registered.",
);

/// The records of a registry that were over its limits.
pub const OVERFLOW_RECORDS: MetricDescriptor = MetricDescriptor::new(
    "gusset.metrics.overflow_records",
    InstrumentKind::Counter,
    Unit::Count("{record}"),
    "Number of records of other metrics that went to an overflow series, or were dropped because there were too many metrics.",
);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[
    HTTP_SERVER_DURATION,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_RESPONSE_BODY_SIZE,
    HTTP_SERVER_TIME_TO_HEADERS,
    HTTP_SERVER_STREAM_DURATION,
    HTTP_SERVER_OUTCOMES,
    HTTP_SERVER_REQUEST_BODY_SIZE,
    HTTP_SERVER_UNREAD_REQUESTS,
    HTTP_CLIENT_DURATION,
    HTTP_CLIENT_ACTIVE_REQUESTS,
    HTTP_CLIENT_RESPONSE_BODY_SIZE,
    HTTP_CLIENT_TIME_TO_HEADERS,
    HTTP_CLIENT_STREAM_DURATION,
    HTTP_CLIENT_OUTCOMES,
    HTTP_CLIENT_REQUEST_BODY_SIZE,
    HTTP_CLIENT_UNSENT_REQUESTS,
    RPC_SERVER_DURATION,
    RPC_SERVER_ACTIVE_CALLS,
    RPC_SERVER_OUTCOMES,
    RPC_CLIENT_DURATION,
    RPC_CLIENT_ACTIVE_CALLS,
    RPC_CLIENT_OUTCOMES,
    MESSAGING_PROCESS_DURATION,
    MESSAGING_ACTIVE_MESSAGES,
    MESSAGING_OUTCOMES,
    MESSAGING_CLIENT_OPERATION_DURATION,
    MESSAGING_CLIENT_SENT_MESSAGES,
    MESSAGING_CLIENT_ACTIVE_OPERATIONS,
    MESSAGING_CLIENT_OUTCOMES,
    DB_CLIENT_OPERATION_DURATION,
    DB_CLIENT_ACTIVE_OPERATIONS,
    DB_CLIENT_OUTCOMES,
    OPERATION_DURATION,
    OPERATION_ACTIVE,
    OPERATION_OUTCOMES,
    OVERFLOW_CALLS,
    UNREGISTERED_FIELDS,
    OVERFLOW_RECORDS,
];
