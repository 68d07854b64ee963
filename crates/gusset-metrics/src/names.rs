//! The names of all that gusset measures. They are API: a renamed metric is a breaking change.
//!
//! Spelled as OpenTelemetry spells them (semantic conventions 1.44); what those do not cover is ours,
//! under `gusset.`. Exporters translate; the catalogue in `docs/` is generated from this table.
//!
//! One table, however long: a name is looked up here and nowhere else.

use std::fmt;

/// One metric.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// The unit.
    pub unit: Unit,
    /// The labels that a series may bear, beside those that the user adds.
    pub labels: &'static [&'static str],
    /// One sentence.
    pub help: &'static str,
    /// The bucket boundaries of a histogram whose unit's usual ones do not fit.
    pub boundaries: Option<&'static [f64]>,
    /// Where the name comes from.
    pub source: Source,
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

/// The unit of a metric, by UCUM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// `s`
    Seconds,
    /// `By`
    Bytes,
    /// `{call}`, `{request}`: a count of things.
    Count(&'static str),
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// OpenTelemetry's semantic conventions.
    Conventions,
    /// Ours.
    Gusset,
}

/// `http.request.method`: a known method, else `_OTHER`.
pub const METHOD: &str = "http.request.method";
/// `url.scheme`: `http` or `https`.
pub const SCHEME: &str = "url.scheme";
/// `http.route`: the template that the router matched; absent if none did.
pub const ROUTE: &str = "http.route";
/// `url.template`: the template of a client's request, if it is named.
pub const TEMPLATE: &str = "url.template";
/// `http.response.status_code`: absent if no head was sent.
pub const STATUS: &str = "http.response.status_code";
/// `error.type`: a word from a closed set; absent if the call is not an error.
pub const ERROR: &str = "error.type";
/// `network.protocol.version`: `1.0`, `1.1`, `2` or `3`.
pub const VERSION: &str = "network.protocol.version";
/// `server.address`: the host that a client calls.
pub const SERVER_ADDRESS: &str = "server.address";
/// `server.port`: the port that a client calls.
pub const SERVER_PORT: &str = "server.port";
/// `rpc.system.name`: `grpc`.
pub const RPC_SYSTEM: &str = "rpc.system.name";
/// `rpc.method`: `package.Service/Method`, else `_OTHER`.
pub const RPC_METHOD: &str = "rpc.method";
/// `rpc.response.status_code`: the code's name; absent if there was no response.
pub const RPC_STATUS: &str = "rpc.response.status_code";
/// `messaging.system`: the broker's name, as the user gives it.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// `messaging.operation.name`: `process` unless the user says otherwise.
pub const MESSAGING_OPERATION: &str = "messaging.operation.name";
/// `messaging.destination.name`: the queue or topic.
pub const MESSAGING_DESTINATION: &str = "messaging.destination.name";
/// `gusset.outcome`: `success`, `client_error`, `server_error`, `abandoned` or `refused`.
pub const OUTCOME: &str = "gusset.outcome";
/// `gusset.stage`: `head` or `body`, how far a call had come that was not completed; absent if it was.
pub const STAGE: &str = "gusset.stage";
/// `gusset.request.read`: `partly` or `broken`, how far the body of a request was read.
pub const READ: &str = "gusset.request.read";
/// `otel.metric.overflow`: `true` on the one series that takes what no other may.
pub const OVERFLOW: &str = "otel.metric.overflow";

const SERVER: &[&str] = &[METHOD, SCHEME, ROUTE, STATUS, ERROR, VERSION];
const CLIENT: &[&str] = &[
    METHOD,
    SERVER_ADDRESS,
    SERVER_PORT,
    TEMPLATE,
    STATUS,
    ERROR,
    VERSION,
];
const RPC: &[&str] = &[RPC_SYSTEM, RPC_METHOD, RPC_STATUS, ERROR];
const RPC_CLIENT: &[&str] = &[
    RPC_SYSTEM,
    SERVER_ADDRESS,
    SERVER_PORT,
    RPC_METHOD,
    RPC_STATUS,
    ERROR,
];
const MESSAGE: &[&str] = &[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION,
    MESSAGING_DESTINATION,
    ERROR,
];

/// The life of streams spans seconds to a day.
const LIVES: &[f64] = &[
    1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 43200.0, 86400.0,
];

/// From the start of a call to its end; for endless bodies, to their head.
pub static HTTP_SERVER_DURATION: Metric = Metric {
    name: "http.server.request.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: SERVER,
    help: "Duration of HTTP server requests, to the end of the response.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls under way.
pub static HTTP_SERVER_ACTIVE: Metric = Metric {
    name: "http.server.active_requests",
    kind: Kind::Gauge,
    unit: Unit::Count("{request}"),
    labels: &[METHOD, SCHEME],
    help: "Number of active HTTP server requests.",
    boundaries: None,
    source: Source::Conventions,
};

/// Bytes of the response's body that were handed out.
pub static HTTP_SERVER_RESPONSE_SIZE: Metric = Metric {
    name: "http.server.response.body.size",
    kind: Kind::Histogram,
    unit: Unit::Bytes,
    labels: SERVER,
    help: "Size of HTTP server response bodies, as handed out.",
    boundaries: None,
    source: Source::Conventions,
};

/// From the start of a call to the head of its response.
pub static HTTP_SERVER_TIME_TO_HEAD: Metric = Metric {
    name: "gusset.http.server.time_to_headers",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: SERVER,
    help: "Time to the head of the response of HTTP server requests.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the head of an endless response to its end.
pub static HTTP_SERVER_STREAM: Metric = Metric {
    name: "gusset.http.server.stream.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: SERVER,
    help: "Life of event streams and other endless responses of the HTTP server.",
    boundaries: Some(LIVES),
    source: Source::Gusset,
};

/// What became of each call.
pub static HTTP_SERVER_OUTCOMES: Metric = Metric {
    name: "gusset.http.server.outcomes",
    kind: Kind::Counter,
    unit: Unit::Count("{request}"),
    labels: &[METHOD, SCHEME, ROUTE, OUTCOME, STAGE],
    help: "HTTP server requests, by what became of them.",
    boundaries: None,
    source: Source::Gusset,
};

/// Bytes of the request's body that were read.
pub static HTTP_SERVER_REQUEST_SIZE: Metric = Metric {
    name: "http.server.request.body.size",
    kind: Kind::Histogram,
    unit: Unit::Bytes,
    labels: SERVER,
    help: "Size of HTTP server request bodies, as read.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls whose request was not read to its end.
pub static HTTP_SERVER_UNREAD: Metric = Metric {
    name: "gusset.http.server.unread_requests",
    kind: Kind::Counter,
    unit: Unit::Count("{request}"),
    labels: &[METHOD, SCHEME, ROUTE, READ],
    help: "HTTP server requests whose body was not read to its end.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the start of a call to its end; for endless bodies, to their head.
pub static HTTP_CLIENT_DURATION: Metric = Metric {
    name: "http.client.request.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: CLIENT,
    help: "Duration of HTTP client requests, to the end of the response.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls under way.
pub static HTTP_CLIENT_ACTIVE: Metric = Metric {
    name: "http.client.active_requests",
    kind: Kind::Gauge,
    unit: Unit::Count("{request}"),
    labels: &[METHOD, SERVER_ADDRESS, SERVER_PORT],
    help: "Number of active HTTP client requests.",
    boundaries: None,
    source: Source::Conventions,
};

/// Bytes of the response's body that were received.
pub static HTTP_CLIENT_RESPONSE_SIZE: Metric = Metric {
    name: "http.client.response.body.size",
    kind: Kind::Histogram,
    unit: Unit::Bytes,
    labels: CLIENT,
    help: "Size of HTTP client response bodies, as received.",
    boundaries: None,
    source: Source::Conventions,
};

/// From the start of a call to the head of its response.
pub static HTTP_CLIENT_TIME_TO_HEAD: Metric = Metric {
    name: "gusset.http.client.time_to_headers",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: CLIENT,
    help: "Time to the head of the response of HTTP client requests.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the head of an endless response to its end.
pub static HTTP_CLIENT_STREAM: Metric = Metric {
    name: "gusset.http.client.stream.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: CLIENT,
    help: "Life of event streams and other endless responses to the HTTP client.",
    boundaries: Some(LIVES),
    source: Source::Gusset,
};

/// What became of each call.
pub static HTTP_CLIENT_OUTCOMES: Metric = Metric {
    name: "gusset.http.client.outcomes",
    kind: Kind::Counter,
    unit: Unit::Count("{request}"),
    labels: &[
        METHOD,
        SERVER_ADDRESS,
        SERVER_PORT,
        TEMPLATE,
        OUTCOME,
        STAGE,
    ],
    help: "HTTP client requests, by what became of them.",
    boundaries: None,
    source: Source::Gusset,
};

/// Bytes of the request's body that were sent.
pub static HTTP_CLIENT_REQUEST_SIZE: Metric = Metric {
    name: "http.client.request.body.size",
    kind: Kind::Histogram,
    unit: Unit::Bytes,
    labels: CLIENT,
    help: "Size of HTTP client request bodies, as sent.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls whose request was not sent to its end.
pub static HTTP_CLIENT_UNREAD: Metric = Metric {
    name: "gusset.http.client.unsent_requests",
    kind: Kind::Counter,
    unit: Unit::Count("{request}"),
    labels: &[METHOD, SERVER_ADDRESS, SERVER_PORT, TEMPLATE, READ],
    help: "HTTP client requests whose body was not sent to its end.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the start of a call to its end.
pub static RPC_SERVER_DURATION: Metric = Metric {
    name: "rpc.server.call.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: RPC,
    help: "Duration of RPC server calls, to the end of the response.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls under way.
pub static RPC_SERVER_ACTIVE: Metric = Metric {
    name: "gusset.rpc.server.active_calls",
    kind: Kind::Gauge,
    unit: Unit::Count("{call}"),
    labels: &[RPC_SYSTEM],
    help: "Number of active RPC server calls.",
    boundaries: None,
    source: Source::Gusset,
};

/// What became of each call.
pub static RPC_SERVER_OUTCOMES: Metric = Metric {
    name: "gusset.rpc.server.outcomes",
    kind: Kind::Counter,
    unit: Unit::Count("{call}"),
    labels: &[RPC_SYSTEM, RPC_METHOD, OUTCOME, STAGE],
    help: "RPC server calls, by what became of them.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the start of a call to its end.
pub static RPC_CLIENT_DURATION: Metric = Metric {
    name: "rpc.client.call.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: RPC_CLIENT,
    help: "Duration of RPC client calls, to the end of the response.",
    boundaries: None,
    source: Source::Conventions,
};

/// Calls under way.
pub static RPC_CLIENT_ACTIVE: Metric = Metric {
    name: "gusset.rpc.client.active_calls",
    kind: Kind::Gauge,
    unit: Unit::Count("{call}"),
    labels: &[RPC_SYSTEM, SERVER_ADDRESS, SERVER_PORT],
    help: "Number of active RPC client calls.",
    boundaries: None,
    source: Source::Gusset,
};

/// What became of each call.
pub static RPC_CLIENT_OUTCOMES: Metric = Metric {
    name: "gusset.rpc.client.outcomes",
    kind: Kind::Counter,
    unit: Unit::Count("{call}"),
    labels: &[
        RPC_SYSTEM,
        SERVER_ADDRESS,
        SERVER_PORT,
        RPC_METHOD,
        OUTCOME,
        STAGE,
    ],
    help: "RPC client calls, by what became of them.",
    boundaries: None,
    source: Source::Gusset,
};

/// From the arrival of a message to its end.
pub static MESSAGE_DURATION: Metric = Metric {
    name: "messaging.process.duration",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: MESSAGE,
    help: "Duration of processing messages.",
    boundaries: None,
    source: Source::Conventions,
};

/// Messages being processed.
pub static MESSAGE_ACTIVE: Metric = Metric {
    name: "gusset.messaging.active_messages",
    kind: Kind::Gauge,
    unit: Unit::Count("{message}"),
    labels: &[MESSAGING_SYSTEM, MESSAGING_OPERATION],
    help: "Number of messages being processed.",
    boundaries: None,
    source: Source::Gusset,
};

/// What became of each call.
pub static MESSAGE_OUTCOMES: Metric = Metric {
    name: "gusset.messaging.outcomes",
    kind: Kind::Counter,
    unit: Unit::Count("{message}"),
    labels: &[
        MESSAGING_SYSTEM,
        MESSAGING_OPERATION,
        MESSAGING_DESTINATION,
        OUTCOME,
        STAGE,
    ],
    help: "Messages, by what became of them.",
    boundaries: None,
    source: Source::Gusset,
};

/// Calls that were folded into the overflow series.
pub static FOLDED: Metric = Metric {
    name: "gusset.metrics.folded_calls",
    kind: Kind::Counter,
    unit: Unit::Count("{call}"),
    labels: &[],
    help: "Calls recorded in the overflow series, because the limit of series was reached.",
    boundaries: None,
    source: Source::Gusset,
};

/// All of them, in the order of the catalogue.
pub static ALL: &[&Metric] = &[
    &HTTP_SERVER_DURATION,
    &HTTP_SERVER_ACTIVE,
    &HTTP_SERVER_RESPONSE_SIZE,
    &HTTP_SERVER_TIME_TO_HEAD,
    &HTTP_SERVER_STREAM,
    &HTTP_SERVER_OUTCOMES,
    &HTTP_SERVER_REQUEST_SIZE,
    &HTTP_SERVER_UNREAD,
    &HTTP_CLIENT_DURATION,
    &HTTP_CLIENT_ACTIVE,
    &HTTP_CLIENT_RESPONSE_SIZE,
    &HTTP_CLIENT_TIME_TO_HEAD,
    &HTTP_CLIENT_STREAM,
    &HTTP_CLIENT_OUTCOMES,
    &HTTP_CLIENT_REQUEST_SIZE,
    &HTTP_CLIENT_UNREAD,
    &RPC_SERVER_DURATION,
    &RPC_SERVER_ACTIVE,
    &RPC_SERVER_OUTCOMES,
    &RPC_CLIENT_DURATION,
    &RPC_CLIENT_ACTIVE,
    &RPC_CLIENT_OUTCOMES,
    &MESSAGE_DURATION,
    &MESSAGE_ACTIVE,
    &MESSAGE_OUTCOMES,
    &FOLDED,
];

// === impl Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

// === impl Unit ===

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Bytes => "By",
            Self::Count(what) => what,
        })
    }
}

impl From<Unit> for metrics::Unit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Seconds => Self::Seconds,
            Unit::Bytes => Self::Bytes,
            Unit::Count(_) => Self::Count,
        }
    }
}
