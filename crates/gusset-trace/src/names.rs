//! The names of the attributes on spans. They are API: a renamed attribute is a breaking change.
//!
//! The names are those of OpenTelemetry (semantic conventions 1.44). `otel.*` are the special fields of
//! `tracing-opentelemetry`. Names that neither defines are under `gusset.`.

#[doc(inline)]
pub use gusset_data::semconv::{
    CLIENT_ADDRESS, DB_COLLECTION_NAME, DB_OPERATION_NAME, DB_QUERY_TEXT, DB_SYSTEM_NAME,
    ERROR_TYPE, EXCEPTION_MESSAGE, EXCEPTION_TYPE, GUSSET_OPERATION_NAME, GUSSET_OUTCOME,
    GUSSET_STAGE, HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_ORIGINAL, HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME,
    MESSAGING_SYSTEM, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT, NETWORK_PROTOCOL_VERSION,
    RPC_METHOD, RPC_METHOD_ORIGINAL, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME, SERVER_ADDRESS,
    SERVER_PORT, URL_FULL, URL_PATH, URL_QUERY, URL_SCHEME, URL_TEMPLATE, USER_AGENT_ORIGINAL,
};

/// The name of the span: `{method} {route}`.
pub const OTEL_NAME: &str = "otel.name";
/// The kind of the span: `server`, `client`, `consumer`, `producer` or `internal`.
pub const OTEL_KIND: &str = "otel.kind";
/// The status of the span: `ERROR`, or absent.
pub const OTEL_STATUS_CODE: &str = "otel.status_code";
/// The description of an error.
pub const OTEL_STATUS_DESCRIPTION: &str = "otel.status_description";
/// The older name of [`OTEL_STATUS_DESCRIPTION`].
pub const OTEL_STATUS_MESSAGE: &str = "otel.status_message";
/// The type of the operation on a message: `process` or `send`.
pub const MESSAGING_OPERATION_TYPE: &str = "messaging.operation.type";
/// How many messages are sent at once, if there are several.
pub const MESSAGING_BATCH_MESSAGE_COUNT: &str = "messaging.batch.message_count";
/// The trace id: 32 hexadecimal digits.
pub const TRACE_ID: &str = "trace_id";
/// The span id: 16 hexadecimal digits.
pub const SPAN_ID: &str = "span_id";
/// The trace flags: two hexadecimal digits.
pub const TRACE_FLAGS: &str = "trace_flags";
/// The id of the parent span; absent for a root span.
pub const PARENT_SPAN_ID: &str = "parent_span_id";
/// The request id; present inside of a [`RequestIdLayer`](gusset_http::RequestIdLayer).
pub const REQUEST_ID: &str = "request_id";
/// The target of access log entries.
#[cfg(feature = "subscriber")]
pub(crate) const ACCESS_TARGET: &str = "gusset::access";
/// The own field of the user's id.
pub const USER_ID: &str = "user.id";
/// The own field of the end user's id, in earlier semantic conventions.
pub const ENDUSER_ID: &str = "enduser.id";
/// The own field of the tenant.
pub const TENANT: &str = "tenant";
/// The own field of the tenant's id.
pub const TENANT_ID: &str = "tenant.id";
/// The fields that a handler may record on the `tracing` span of a server's call, which become own fields of
/// the call.
///
/// `tracing` ignores every other name without a trace of it, because the fields of a span are fixed. Use
/// [`high`](gusset_core::field::high) for those: it has no such limit.
pub const RECORDABLE: [&str; 4] = [USER_ID, ENDUSER_ID, TENANT, TENANT_ID];
/// The prefix of recorded request headers. Off by default.
pub const HTTP_REQUEST_HEADER_PREFIX: &str = "http.request.header.";
/// The prefix of recorded response headers. Off by default.
pub const HTTP_RESPONSE_HEADER_PREFIX: &str = "http.response.header.";
