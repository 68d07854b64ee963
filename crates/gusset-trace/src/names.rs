//! The names of all attributes that a span bears. They are API: a renamed one is a breaking change.
//!
//! Spelled as OpenTelemetry spells them (semantic conventions 1.44); `otel.*` is what
//! `tracing-opentelemetry` makes a span of; what none of them covers is ours, under `gusset.`.

/// The span's name: `{method} {route}`.
pub const NAME: &str = "otel.name";
/// `server` or `client`.
pub const KIND: &str = "otel.kind";
/// `ERROR`, if the call is an error; absent otherwise.
pub const STATUS: &str = "otel.status_code";
/// What more is said of an error.
pub const STATUS_DESCRIPTION: &str = "otel.status_description";
/// As [`STATUS_DESCRIPTION`], as it was spelled once.
pub const STATUS_MESSAGE: &str = "otel.status_message";
/// The trace: 32 hexadecimal digits.
pub const TRACE_ID: &str = "trace_id";
/// The span: 16 hexadecimal digits.
pub const SPAN_ID: &str = "span_id";
/// The flags of the trace: two hexadecimal digits.
pub const TRACE_FLAGS: &str = "trace_flags";
/// The span that this one is a child of, in another service or in this one; absent at a root.
pub const PARENT_SPAN_ID: &str = "parent_span_id";
/// A known method, else `_OTHER`.
pub const METHOD: &str = "http.request.method";
/// The method as sent, if it is not a known one.
pub const METHOD_ORIGINAL: &str = "http.request.method_original";
/// Which attempt after the first one, from 1; absent at the first.
pub const RESEND_COUNT: &str = "http.request.resend_count";
/// The status of the response; absent if there was no head.
pub const STATUS_CODE: &str = "http.response.status_code";
/// The template that the router matched; absent if none did.
pub const ROUTE: &str = "http.route";
/// The path as sent.
pub const PATH: &str = "url.path";
/// `http` or `https`.
pub const SCHEME: &str = "url.scheme";
/// The query, redacted; only if it is asked for.
pub const QUERY: &str = "url.query";
/// Where a client's request goes, without credentials, and without its query unless that is asked for.
pub const URL: &str = "url.full";
/// The template of a client's request, if it is named.
pub const TEMPLATE: &str = "url.template";
/// The host that was asked for.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that was asked for.
pub const SERVER_PORT: &str = "server.port";
/// Where the call came from; only behind proxies that are trusted.
pub const CLIENT_ADDRESS: &str = "client.address";
/// `1.0`, `1.1`, `2` or `3`.
pub const VERSION: &str = "network.protocol.version";
/// What the caller says it is; only if it is asked for.
pub const USER_AGENT: &str = "user_agent.original";
/// A word from a closed set; absent if the call is not an error.
pub const ERROR: &str = "error.type";
/// `success`, `client_error`, `server_error`, `abandoned` or `refused`.
pub const OUTCOME: &str = "gusset.outcome";
/// `head` or `body`, how far a call had come that was not completed; absent if it was.
pub const STAGE: &str = "gusset.stage";
/// The request's id, inside a [`RequestIdLayer`](gusset_http::RequestIdLayer).
pub const REQUEST_ID: &str = "gusset.request_id";
/// `grpc`.
pub const RPC_SYSTEM: &str = "rpc.system.name";
/// `package.Service/Method`; `_OTHER` if the server does not know it.
pub const RPC_METHOD: &str = "rpc.method";
/// The method as sent, if the server does not know it.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
/// The code's name; absent if there was no response.
pub const RPC_STATUS: &str = "rpc.response.status_code";
/// Who is at the other end of the connection; only if it is asked for.
pub const PEER_ADDRESS: &str = "network.peer.address";
/// The port at the other end of the connection; only if it is asked for.
pub const PEER_PORT: &str = "network.peer.port";
/// What went wrong, as in [`ERROR`]: on the event that tells of it.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// What the name of a request's header stands behind, if it was asked for.
pub const REQUEST_HEADER: &str = "http.request.header.";
/// What the name of a response's header stands behind, if it was asked for.
pub const RESPONSE_HEADER: &str = "http.response.header.";
