//! The names of the fields of log entries and of the log's own metrics.
//!
//! They are spelled as in OpenTelemetry (semantic conventions 1.44); names that the conventions lack
//! are under `gusset.`. A duration has the name of the metric that measures the same, in exported records
//! under `gusset.` ([`record_key`]). Other formats translate the names; see [`Format`](crate::Format).
//! Names are API: renaming one is a breaking change.

pub use gusset_data::semconv::{
    CLIENT_ADDRESS, ERROR_TYPE, EXCEPTION_MESSAGE, EXCEPTION_TYPE, GUSSET_OPERATION_NAME,
    GUSSET_OUTCOME, GUSSET_STAGE, HTTP_REQUEST_BODY_SIZE, HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL, HTTP_RESPONSE_BODY_SIZE, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE,
    MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME, MESSAGING_SYSTEM,
    NETWORK_PROTOCOL_VERSION, RPC_METHOD, RPC_METHOD_ORIGINAL, RPC_RESPONSE_STATUS_CODE,
    RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT, URL_FULL, URL_PATH, URL_QUERY, URL_SCHEME,
    URL_TEMPLATE, USER_AGENT_ORIGINAL,
};
use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// The target of access log entries.
pub const ACCESS_TARGET: &str = "gusset::access";
/// The target of the log entries of panics.
pub const PANIC_TARGET: &str = "gusset::panic";
/// The target of the spans that `gusset-trace` creates for requests.
pub(crate) const REQUEST_SPAN_TARGET: &str = "gusset::trace";

/// The `Referer` header without its query; only if it is configured.
pub const HTTP_REQUEST_HEADER_REFERER: &str = "http.request.header.referer";
/// Seconds until the response body of a server ended.
pub const HTTP_SERVER_REQUEST_DURATION: &str = "http.server.request.duration";
/// Seconds until the response body that a client received ended.
pub const HTTP_CLIENT_REQUEST_DURATION: &str = "http.client.request.duration";
/// Seconds until a server returned the response headers.
pub const HTTP_SERVER_TIME_TO_HEADERS: &str = "gusset.http.server.time_to_headers";
/// Seconds until a client received the response headers.
pub const HTTP_CLIENT_TIME_TO_HEADERS: &str = "gusset.http.client.time_to_headers";
/// Seconds until a call of a gRPC server ended.
pub const RPC_SERVER_CALL_DURATION: &str = "rpc.server.call.duration";
/// Seconds until a call of a gRPC client ended.
pub const RPC_CLIENT_CALL_DURATION: &str = "rpc.client.call.duration";
/// Seconds until a message was processed.
pub const MESSAGING_PROCESS_DURATION: &str = "messaging.process.duration";
/// Seconds until an operation of the service's own code ended.
pub const GUSSET_OPERATION_DURATION: &str = "gusset.operation.duration";
/// Seconds since the start of a request that is still in progress.
pub const GUSSET_CALL_RUNNING: &str = "gusset.call.running";

/// The [own fields](gusset_core::field) of a call as one text, for subscribers other than
/// [`LogLayer`](crate::LogLayer): the fields of an event have fixed names. Entries of a `LogLayer` and exported
/// records have each field under its own name.
pub const GUSSET_FIELDS: &str = "gusset.fields";

/// Seconds from the creation of a span to its end; see
/// [`LogLayerBuilder::log_span_end`](crate::LogLayerBuilder::log_span_end).
pub const GUSSET_SPAN_DURATION: &str = "gusset.span.duration";

/// The source file of an entry; see [`LogLayerBuilder::source_location`](crate::LogLayerBuilder::source_location).
pub const CODE_FILE_PATH: &str = "code.file.path";
/// The line in the source file of an entry.
pub const CODE_LINE_NUMBER: &str = "code.line.number";

/// The backtrace of an exception.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

/// The durations of calls in exported records. The semantic conventions register these names for metrics
/// only, so that records have names of their own.
const RECORD_NAMES: [(&str, &str); 5] = [
    (
        HTTP_SERVER_REQUEST_DURATION,
        "gusset.http.server.request.duration",
    ),
    (
        HTTP_CLIENT_REQUEST_DURATION,
        "gusset.http.client.request.duration",
    ),
    (RPC_SERVER_CALL_DURATION, "gusset.rpc.server.call.duration"),
    (RPC_CLIENT_CALL_DURATION, "gusset.rpc.client.call.duration"),
    (
        MESSAGING_PROCESS_DURATION,
        "gusset.messaging.process.duration",
    ),
];

/// Returns the key of an access log field in exported records: a duration is under `gusset.`, because the
/// semantic conventions register its name for a metric only.
///
/// ```
/// use gusset_log::names;
///
/// let key = names::record_key(names::HTTP_SERVER_REQUEST_DURATION);
/// assert_eq!(key, "gusset.http.server.request.duration");
/// assert_eq!(names::record_key(names::URL_PATH), "url.path");
/// ```
pub fn record_key(field: &'static str) -> &'static str {
    let mut own = RECORD_NAMES.iter();
    own.find(|(name, _)| *name == field)
        .map_or(field, |(_, own)| own)
}

/// The trace id: 32 hexadecimal digits.
pub const TRACE_ID: &str = "trace_id";
/// The span id: 16 hexadecimal digits.
pub const SPAN_ID: &str = "span_id";
/// The trace flags: two hexadecimal digits.
pub const TRACE_FLAGS: &str = "trace_flags";
/// The request id, inside a [`RequestIdLayer`](gusset_http::RequestIdLayer).
pub const REQUEST_ID: &str = "request_id";
/// `true` on a log entry that was cut to its maximum length.
pub const TRUNCATED: &str = "truncated";
/// The number of entries of the same callsite that a rate limit suppressed before this one.
pub const SUPPRESSED: &str = "suppressed";
/// The spans that the entry was logged in, the outermost first.
pub const SPANS: &str = "spans";

/// The label of the level: `trace`, `debug`, `info`, `warn` or `error`.
pub const GUSSET_LOG_LEVEL: &str = "gusset.log.level";
/// The label of the reason: `full`, `failed` or `rate_limited`.
pub const GUSSET_LOG_REASON: &str = "gusset.log.reason";

/// Log entries that the writer accepted, by level.
pub const ENTRIES: MetricDescriptor = MetricDescriptor::new(
    "gusset.log.entries",
    InstrumentKind::Counter,
    Unit::Count("{entry}"),
    "Log entries that were passed to the writer.",
)
.with_labels(&[GUSSET_LOG_LEVEL]);

/// Log entries that were dropped, by level and reason.
pub const DROPPED: MetricDescriptor = MetricDescriptor::new(
    "gusset.log.dropped",
    InstrumentKind::Counter,
    Unit::Count("{entry}"),
    "Log entries that were dropped: the queue was full, the writer failed, or a rate limit applied.",
)
.with_labels(&[GUSSET_LOG_LEVEL, GUSSET_LOG_REASON]);

/// Errors of a log file.
pub const FILE_ERRORS: MetricDescriptor = MetricDescriptor::new(
    "gusset.log.file_errors",
    InstrumentKind::Counter,
    Unit::Count("{error}"),
    "Times that the log file could not be written, opened or rotated.",
);

/// The metrics of the log, in the order of the catalogue.
///
/// ```
/// for metric in gusset_log::names::ALL {
///     assert!(metric.name.starts_with("gusset.log."), "{}", metric.help);
/// }
/// ```
pub const ALL: &[MetricDescriptor] = &[ENTRIES, DROPPED, FILE_ERRORS];
