//! The JSON schemas of the vendors, as data.

use tracing::Level;

use super::output::Format;
use crate::level::{LEVELS, level_index};
use crate::names;

/// The names that a JSON format uses.
pub(crate) struct JsonSchema {
    pub(crate) open: &'static [u8],
    /// The key and the opening quote of the request id.
    pub(crate) request_id: &'static [u8],
    pub(super) level: &'static str,
    /// The names of the levels, in the order of [`LEVELS`].
    levels: [&'static str; LEVELS.len()],
    pub(super) target: &'static str,
    /// Whether the target is before the fields, not after them.
    pub(super) is_target_first: bool,
    /// Constant fields after the last field of the event.
    pub(super) constant: &'static str,
    pub(super) source: Source,
    /// The resource attributes that are written, and their keys.
    pub(super) resource: &'static [(&'static str, &'static str)],
    /// The fields of access log entries that have other names or kinds in the schema.
    pub(super) access: &'static [SchemaField],
    /// The fields of other entries that have other names in the schema.
    pub(super) other: &'static [SchemaField],
    /// How fields are named that the schema lacks.
    pub(super) unknown: Unknown,
    /// Names that the readers of this format interpret, besides [`RESERVED`].
    pub(super) reserved: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SchemaField {
    /// The name of the attribute.
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    /// How the value is written, if not as usual.
    pub(super) kind: Option<ValueKind>,
    /// Whether the field is inside `httpRequest`.
    pub(super) is_grouped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// Unchanged.
    Plain,
    Message,
    /// As `REDACTED`: the value is secret.
    Redacted,
    /// A number as a string.
    Quoted,
    /// Seconds, which were a whole number of nanoseconds.
    Seconds,
    /// Seconds as whole nanoseconds.
    Nanos,
    /// Seconds as a string with the unit.
    Latency,
    /// As a part of an entry in the Common Log Format.
    Clf(ClfPart),
    /// Omitted.
    Hidden,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClfPart {
    Client,
    Method,
    Path,
    /// Instead of a hidden path.
    Route,
    Version,
    Status,
    Size,
    Referer,
    UserAgent,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// As `code.file.path` and `code.line.number`, only if it is configured.
    Optional,
    /// As two fields.
    Fields {
        file: &'static str,
        line: &'static str,
    },
    /// As an object with `file` and `line`, both strings.
    Object(&'static str),
}

/// How fields are named that a schema lacks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unknown {
    /// Unchanged, or under `field.` if the format uses the name.
    OwnName,
    /// As `labels.*`: strings without dots in their names.
    Label,
}

const QUOTED: Option<ValueKind> = Some(ValueKind::Quoted);
const LATENCY: Option<ValueKind> = Some(ValueKind::Latency);
const LEVEL_NAMES: [&str; LEVELS.len()] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

static JSON: JsonSchema = PLAIN;

/// The schema of `Format::Json`, from which the others differ.
const PLAIN: JsonSchema = JsonSchema {
    open: b"{\"timestamp\":\"",
    request_id: b",\"request_id\":\"",
    level: "level",
    levels: LEVEL_NAMES,
    target: "target",
    is_target_first: true,
    constant: "",
    source: Source::Optional,
    resource: &[
        ("service.name", "service.name"),
        ("service.version", "service.version"),
        ("deployment.environment.name", "deployment.environment.name"),
    ],
    access: &[],
    other: &[],
    unknown: Unknown::OwnName,
    reserved: &[],
};

static ECS: JsonSchema = JsonSchema {
    open: b"{\"@timestamp\":\"",
    request_id: b",\"http.request.id\":\"",
    level: "log.level",
    levels: LEVEL_NAMES,
    target: "log.logger",
    is_target_first: false,
    constant: ",\"ecs.version\":\"8.11.0\"",
    source: Source::Fields {
        file: "log.origin.file.name",
        line: "log.origin.file.line",
    },
    resource: &[
        ("service.name", "service.name"),
        ("service.version", "service.version"),
        ("deployment.environment.name", "service.environment"),
        ("service.instance.id", "service.node.name"),
    ],
    access: &[
        same(names::HTTP_REQUEST_METHOD),
        same(names::HTTP_RESPONSE_STATUS_CODE),
        same(names::URL_PATH),
        same(names::URL_QUERY),
        same(names::URL_FULL),
        same(names::URL_SCHEME),
        same(names::USER_AGENT_ORIGINAL),
        same(names::CLIENT_ADDRESS),
        same(names::ERROR_TYPE),
        field(names::SERVER_ADDRESS, "destination.address"),
        field(names::SERVER_PORT, "destination.port"),
        field(names::NETWORK_PROTOCOL_VERSION, "http.version"),
        field(names::HTTP_REQUEST_HEADER_REFERER, "http.request.referrer"),
        field(names::HTTP_RESPONSE_BODY_SIZE, "http.response.body.bytes"),
        field(names::HTTP_REQUEST_BODY_SIZE, "http.request.body.bytes"),
        field(names::EXCEPTION_MESSAGE, "error.message"),
        nanos(names::HTTP_SERVER_REQUEST_DURATION, "event.duration"),
        nanos(names::HTTP_CLIENT_REQUEST_DURATION, "event.duration"),
        nanos(names::RPC_SERVER_CALL_DURATION, "event.duration"),
        nanos(names::RPC_CLIENT_CALL_DURATION, "event.duration"),
    ],
    other: &[
        text("error", "error.message"),
        text("error.message", "error.message"),
        text(names::ERROR_TYPE, "error.type"),
        text(names::EXCEPTION_TYPE, "error.type"),
        text(names::EXCEPTION_MESSAGE, "error.message"),
        text(names::EXCEPTION_STACKTRACE, "error.stack_trace"),
    ],
    unknown: Unknown::Label,
    reserved: &[],
};

static GOOGLE_CLOUD: JsonSchema = JsonSchema {
    open: b"{\"time\":\"",
    level: "severity",
    levels: ["ERROR", "WARNING", "INFO", "DEBUG", "DEBUG"],
    is_target_first: false,
    source: Source::Object("logging.googleapis.com/sourceLocation"),
    resource: &[
        ("service.name", "service.name"),
        ("service.version", "service.version"),
    ],
    access: &[
        grouped(names::HTTP_REQUEST_METHOD, "requestMethod", None),
        grouped(names::URL_PATH, "requestUrl", None),
        grouped(names::URL_FULL, "requestUrl", None),
        grouped(names::HTTP_RESPONSE_STATUS_CODE, "status", None),
        // Protocol buffers write 64-bit integers as strings in JSON.
        grouped(names::HTTP_RESPONSE_BODY_SIZE, "responseSize", QUOTED),
        grouped(names::HTTP_REQUEST_BODY_SIZE, "requestSize", QUOTED),
        grouped(names::USER_AGENT_ORIGINAL, "userAgent", None),
        grouped(names::CLIENT_ADDRESS, "remoteIp", None),
        grouped(names::HTTP_REQUEST_HEADER_REFERER, "referer", None),
        grouped(names::HTTP_SERVER_REQUEST_DURATION, "latency", LATENCY),
        grouped(names::HTTP_CLIENT_REQUEST_DURATION, "latency", LATENCY),
    ],
    reserved: &["timestampSeconds", "timestampNanos"],
    ..PLAIN
};

static DATADOG: JsonSchema = JsonSchema {
    request_id: b",\"http.request_id\":\"",
    level: "status",
    levels: ["error", "warn", "info", "debug", "trace"],
    target: "logger.name",
    resource: &[
        ("service.name", "dd.service"),
        ("service.version", "dd.version"),
        ("deployment.environment.name", "dd.env"),
    ],
    access: &[
        field(names::HTTP_REQUEST_METHOD, "http.method"),
        field(names::URL_PATH, "http.url_details.path"),
        field(names::URL_FULL, "http.url"),
        field(names::HTTP_RESPONSE_STATUS_CODE, "http.status_code"),
        field(names::USER_AGENT_ORIGINAL, "http.useragent"),
        field(names::HTTP_REQUEST_HEADER_REFERER, "http.referer"),
        field(names::NETWORK_PROTOCOL_VERSION, "http.version"),
        field(names::CLIENT_ADDRESS, "network.client.ip"),
        field(names::HTTP_RESPONSE_BODY_SIZE, "network.bytes_written"),
        field(names::HTTP_REQUEST_BODY_SIZE, "network.bytes_read"),
        field(names::ERROR_TYPE, "error.kind"),
        field(names::EXCEPTION_MESSAGE, "error.message"),
        nanos(names::HTTP_SERVER_REQUEST_DURATION, "duration"),
        nanos(names::HTTP_CLIENT_REQUEST_DURATION, "duration"),
        nanos(names::RPC_SERVER_CALL_DURATION, "duration"),
        nanos(names::RPC_CLIENT_CALL_DURATION, "duration"),
    ],
    other: &[
        text("error", "error.message"),
        text("error.message", "error.message"),
        text(names::ERROR_TYPE, "error.kind"),
        text(names::EXCEPTION_TYPE, "error.kind"),
        text(names::EXCEPTION_MESSAGE, "error.message"),
        text(names::EXCEPTION_STACKTRACE, "error.stack"),
    ],
    // Datadog's reserved attributes, and those from which its pipeline for JSON takes them.
    reserved: &[
        "@timestamp",
        "_timestamp",
        "Timestamp",
        "date",
        "eventTime",
        "published_date",
        "syslog.timestamp",
        "syslog.severity",
        "syslog.hostname",
        "syslog.appname",
        "host",
        "hostname",
        "service",
        "source",
        "ddsource",
        "ddtags",
        "msg",
        "log",
        "error",
        "traceid",
    ],
    ..PLAIN
};

/// The fields that are durations in seconds.
pub(super) const SECONDS: [&str; 8] = [
    names::MESSAGING_PROCESS_DURATION,
    names::HTTP_SERVER_REQUEST_DURATION,
    names::HTTP_CLIENT_REQUEST_DURATION,
    names::RPC_SERVER_CALL_DURATION,
    names::RPC_CLIENT_CALL_DURATION,
    names::HTTP_SERVER_TIME_TO_HEADERS,
    names::HTTP_CLIENT_TIME_TO_HEADERS,
    names::GUSSET_CALL_RUNNING,
];

/// The parts of an entry in the Common Log Format.
pub(super) const CLF_PARTS: [(&str, ClfPart); 11] = [
    (names::CLIENT_ADDRESS, ClfPart::Client),
    (names::HTTP_REQUEST_METHOD, ClfPart::Method),
    (names::URL_PATH, ClfPart::Path),
    (names::URL_FULL, ClfPart::Path),
    (names::RPC_METHOD, ClfPart::Path),
    (names::HTTP_ROUTE, ClfPart::Route),
    (names::NETWORK_PROTOCOL_VERSION, ClfPart::Version),
    (names::HTTP_RESPONSE_STATUS_CODE, ClfPart::Status),
    (names::HTTP_RESPONSE_BODY_SIZE, ClfPart::Size),
    (names::HTTP_REQUEST_HEADER_REFERER, ClfPart::Referer),
    (names::USER_AGENT_ORIGINAL, ClfPart::UserAgent),
];

/// The metrics of an entry in the Embedded Metric Format, and their units.
pub(super) const EMF_METRICS: [(&str, &str); 6] = [
    (names::MESSAGING_PROCESS_DURATION, "Seconds"),
    (names::HTTP_SERVER_REQUEST_DURATION, "Seconds"),
    (names::HTTP_CLIENT_REQUEST_DURATION, "Seconds"),
    (names::RPC_SERVER_CALL_DURATION, "Seconds"),
    (names::RPC_CLIENT_CALL_DURATION, "Seconds"),
    (names::HTTP_RESPONSE_BODY_SIZE, "Bytes"),
];

/// The names that a format uses itself. A field of the service with such a name is renamed.
pub(super) const RESERVED: [&str; 28] = [
    "timestamp",
    "time",
    "ts",
    "level",
    "severity",
    "status",
    "target",
    "logger.name",
    "duration",
    "httpRequest",
    "_aws",
    "dd.trace_id",
    "dd.span_id",
    "dd.service",
    "dd.env",
    "dd.version",
    "span",
    "http.request_id",
    "service.name",
    "service.version",
    "deployment.environment.name",
    names::TRACE_ID,
    names::SPAN_ID,
    names::TRACE_FLAGS,
    names::REQUEST_ID,
    names::TRUNCATED,
    names::SUPPRESSED,
    names::SPANS,
];

// === impl JsonSchema ===

impl JsonSchema {
    /// Returns the schema of a JSON format.
    pub(crate) fn of_format(format: &Format) -> &'static Self {
        match format {
            Format::Ecs => &ECS,
            Format::GoogleCloud { .. } => &GOOGLE_CLOUD,
            Format::Datadog => &DATADOG,
            _ => &JSON,
        }
    }

    pub(super) fn level_name(&self, level: Level) -> &'static str {
        self.levels[level_index(level)]
    }
}

const fn field(name: &'static str, key: &'static str) -> SchemaField {
    SchemaField {
        name,
        key,
        kind: None,
        is_grouped: false,
    }
}

const fn same(name: &'static str) -> SchemaField {
    field(name, name)
}

/// Returns a field that is a text in the schema, whatever type the event has.
const fn text(name: &'static str, key: &'static str) -> SchemaField {
    SchemaField {
        kind: QUOTED,
        ..field(name, key)
    }
}

const fn nanos(name: &'static str, key: &'static str) -> SchemaField {
    SchemaField {
        kind: Some(ValueKind::Nanos),
        ..field(name, key)
    }
}

const fn grouped(name: &'static str, key: &'static str, kind: Option<ValueKind>) -> SchemaField {
    SchemaField {
        kind,
        is_grouped: true,
        ..field(name, key)
    }
}
