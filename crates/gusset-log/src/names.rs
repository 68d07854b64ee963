//! The names of all that a line bears and of what is counted of lines. They are API: a renamed one is
//! a breaking change.
//!
//! Spelled as OpenTelemetry spells them (semantic conventions 1.44); what those do not cover is ours,
//! under `gusset.`. A call's duration bears the name of the metric that measures the same. Other
//! formats than OpenTelemetry's translate; see [`Format`](crate::Format).

/// The target of the line that each call gets.
pub const ACCESS: &str = "gusset::access";
/// The target of the line that a panic gets.
pub const PANIC: &str = "gusset::panic";
/// The target of the spans of calls that `gusset-trace` makes.
pub(crate) const CALLS: &str = "gusset::trace";

/// A known method, else `_OTHER`.
pub const METHOD: &str = "http.request.method";
/// The method as sent, if it is not a known one.
pub const METHOD_ORIGINAL: &str = "http.request.method_original";
/// The path as sent, without its query; at most 1024 bytes.
pub const PATH: &str = "url.path";
/// The query, redacted; only if it is asked for.
pub const QUERY: &str = "url.query";
/// Where a client's request goes: without credentials, and without its query unless that is asked for.
pub const URL: &str = "url.full";
/// The template of a client's request, if it is named.
pub const TEMPLATE: &str = "url.template";
/// `http` or `https`, where the request names it.
pub const SCHEME: &str = "url.scheme";
/// The template that the router matched; absent if none did.
pub const ROUTE: &str = "http.route";
/// The status of the response; absent if there was no head.
pub const STATUS: &str = "http.response.status_code";
/// How many bytes of the response's body were handed out.
pub const RESPONSE_SIZE: &str = "http.response.body.size";
/// How many bytes of the request's body were read; only inside a
/// [`RequestBodySizeLayer`](gusset_http::RequestBodySizeLayer).
pub const REQUEST_SIZE: &str = "http.request.body.size";
/// What the caller says it is; at most 256 bytes.
pub const USER_AGENT: &str = "user_agent.original";
/// The page that the caller says it came from, without its query; only if it is asked for.
pub const REFERER: &str = "http.request.header.referer";
/// Who called: the connection's other end, or whom trusted proxies name.
pub const CLIENT_ADDRESS: &str = "client.address";
/// The host that a client calls.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that a client calls.
pub const SERVER_PORT: &str = "server.port";
/// `1.0`, `1.1`, `2` or `3`.
pub const VERSION: &str = "network.protocol.version";
/// Seconds to the end of a server's call.
pub const SERVER_DURATION: &str = "http.server.request.duration";
/// Seconds to the end of a client's call.
pub const CLIENT_DURATION: &str = "http.client.request.duration";
/// Seconds to the head of a server's response.
pub const SERVER_HEAD: &str = "gusset.http.server.time_to_headers";
/// Seconds to the head of the response that a client got.
pub const CLIENT_HEAD: &str = "gusset.http.client.time_to_headers";
/// Seconds to the end of a gRPC server's call.
pub const RPC_SERVER_DURATION: &str = "rpc.server.call.duration";
/// Seconds to the end of a gRPC client's call.
pub const RPC_CLIENT_DURATION: &str = "rpc.client.call.duration";
/// `grpc`.
pub const RPC_SYSTEM: &str = "rpc.system.name";
/// `package.Service/Method`; `_OTHER` if the server does not know it.
pub const RPC_METHOD: &str = "rpc.method";
/// The method as sent, if the server does not know it.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
/// The code's name; absent if there was no response.
pub const RPC_STATUS: &str = "rpc.response.status_code";
/// `success`, `client_error`, `server_error`, `abandoned` or `refused`.
pub const OUTCOME: &str = "gusset.outcome";
/// `head` or `body`, how far a call had come that was not completed; absent if it was.
pub const STAGE: &str = "gusset.stage";
/// A word from a closed set; absent if the call is not an error.
pub const ERROR: &str = "error.type";
/// Seconds that a call has taken which is still running.
pub const RUNNING: &str = "gusset.call.running";

/// The trace: 32 hexadecimal digits.
pub const TRACE_ID: &str = "trace_id";
/// The span: 16 hexadecimal digits.
pub const SPAN_ID: &str = "span_id";
/// The flags of the trace: two hexadecimal digits.
pub const TRACE_FLAGS: &str = "trace_flags";
/// The request's id, inside a [`RequestIdLayer`](gusset_http::RequestIdLayer).
pub const REQUEST_ID: &str = "request_id";
/// `true` on a line that was cut to the length a line may have.
pub const TRUNCATED: &str = "truncated";
/// How many lines of the same place a rate limit left out before this one.
pub const SUPPRESSED: &str = "suppressed";
/// The spans that the line was written in, the outermost first.
pub const SPANS: &str = "spans";

/// `gusset.log.level`: `trace`, `debug`, `info`, `warn` or `error`.
pub const LEVEL: &str = "gusset.log.level";
/// `gusset.log.reason`: `full`, `failed` or `rate_limited`.
pub const REASON: &str = "gusset.log.reason";

/// A metric: name, unit, help, labels. All of them are counters.
///
/// ```
/// for metric in gusset_log::names::ALL {
///     assert!(metric.name.starts_with("gusset.log."), "{}", metric.help);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// The unit, by UCUM.
    pub unit: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The labels.
    pub labels: &'static [&'static str],
}

/// Lines, by level.
pub const LINES: Metric = Metric {
    name: "gusset.log.lines",
    unit: "{line}",
    help: "Lines of the log that were handed to the writer.",
    labels: &[LEVEL],
};

/// Lines that nobody will read, by level and by why.
pub const DROPPED: Metric = Metric {
    name: "gusset.log.dropped",
    unit: "{line}",
    help: "Lines of the log that were lost: the writer was full or failed, or a rate limit left them out.",
    labels: &[LEVEL, REASON],
};

/// All of them, in the order of the catalogue.
pub const ALL: &[Metric] = &[LINES, DROPPED];
