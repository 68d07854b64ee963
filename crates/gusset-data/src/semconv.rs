//! Attribute names of OpenTelemetry's semantic conventions 1.44, as the crates of gusset use them.
//!
//! Each crate's `names` table refers to these, so that one attribute has one spelling in every
//! signal. Names that the conventions lack are under `gusset.`.

use crate::{SharedStr, Value};

/// The schema of the attributes: the version of the conventions that they follow.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// Attributes of the conventions that are integers and may be labels of metrics.
const INTEGERS: [&str; 20] = [
    "client.port",
    "code.line.number",
    "cpu.logical_number",
    "db.operation.batch.size",
    "db.response.returned_rows",
    "destination.port",
    HTTP_REQUEST_BODY_SIZE,
    HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_BODY_SIZE,
    HTTP_RESPONSE_STATUS_CODE,
    "messaging.batch.message_count",
    "network.local.port",
    NETWORK_PEER_PORT,
    "process.pid",
    "rpc.grpc.status_code",
    SERVER_PORT,
    "source.port",
    "system.cpu.logical_number",
    "thread.id",
    "url.port",
];

/// Attributes of the conventions that are Booleans and may be labels of metrics.
const BOOLEANS: [&str; 7] = [
    "faas.coldstart",
    "jvm.thread.daemon",
    "messaging.destination.anonymous",
    "messaging.destination.temporary",
    OTEL_METRIC_OVERFLOW,
    "tls.established",
    "tls.resumed",
];

/// Returns the value of a metric's label in the type that the conventions define for its key.
///
/// Labels of the `metrics` facade are strings. With the types of the conventions, a metric can be joined
/// with spans by `http.response.status_code`. A value that is not of the type stays a string, as does that
/// of any other key.
///
/// ```
/// use gusset_data::{Value, semconv};
///
/// let value = semconv::label_value("http.response.status_code", &"402".into());
/// assert_eq!(value, Value::Int(402));
/// let value = semconv::label_value("cart.items", &"3".into());
/// assert_eq!(value, Value::from("3"));
/// ```
pub fn label_value(key: &str, value: &SharedStr) -> Value {
    let parsed = if INTEGERS.contains(&key) {
        value.parse().ok().map(Value::Int)
    } else if BOOLEANS.contains(&key) {
        value.parse().ok().map(Value::Bool)
    } else {
        None
    };
    parsed.unwrap_or_else(|| Value::String(value.clone()))
}

macro_rules! names {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)+) => {
        $($(#[doc = $doc])* pub const $name: &str = $text;)+
    };
}

names! {
    /// The address of the client, behind the trusted proxies.
    CLIENT_ADDRESS = "client.address";
    /// What a CPU did: `user`, `system`, `nice`, `idle`, `iowait`, `interrupt` or `steal`.
    CPU_MODE = "cpu.mode";
    /// The table or collection that a database operation is about.
    DB_COLLECTION_NAME = "db.collection.name";
    /// The name of a database operation: `SELECT`, `HGET`.
    DB_OPERATION_NAME = "db.operation.name";
    /// The text of a statement, without its literals.
    DB_QUERY_TEXT = "db.query.text";
    /// The database system: `postgresql`, `redis`.
    DB_SYSTEM_NAME = "db.system.name";
    /// The direction between memory and disk: `read` or `write`.
    DISK_IO_DIRECTION = "disk.io.direction";
    /// The class of an error: one of a fixed set of values; absent if the call is not an error.
    ERROR_TYPE = "error.type";
    /// The text of an exception and of its causes, redacted and bounded.
    EXCEPTION_MESSAGE = "exception.message";
    /// The type of an exception.
    EXCEPTION_TYPE = "exception.type";
    /// The size of the request body, in bytes.
    HTTP_REQUEST_BODY_SIZE = "http.request.body.size";
    /// The method, if it is a known one, else `_OTHER`.
    HTTP_REQUEST_METHOD = "http.request.method";
    /// The method as sent, if it is not a known one.
    HTTP_REQUEST_METHOD_ORIGINAL = "http.request.method_original";
    /// How often the request has been sent again.
    HTTP_REQUEST_RESEND_COUNT = "http.request.resend_count";
    /// The size of the response body, in bytes.
    HTTP_RESPONSE_BODY_SIZE = "http.response.body.size";
    /// The status code of the response; absent without a response.
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
    /// The route template that the router matched; absent if none did.
    HTTP_ROUTE = "http.route";
    /// The queue or topic.
    MESSAGING_DESTINATION_NAME = "messaging.destination.name";
    /// The operation on a message, for example `process`.
    MESSAGING_OPERATION_NAME = "messaging.operation.name";
    /// The messaging system, for example `kafka`.
    MESSAGING_SYSTEM = "messaging.system";
    /// The state of connections: `established`, `time_wait` and others of RFC 9293.
    NETWORK_CONNECTION_STATE = "network.connection.state";
    /// The name of a network interface.
    NETWORK_INTERFACE_NAME = "network.interface.name";
    /// The direction between host and network: `receive` or `transmit`.
    NETWORK_IO_DIRECTION = "network.io.direction";
    /// The address of the other end of the connection.
    NETWORK_PEER_ADDRESS = "network.peer.address";
    /// The port of the other end of the connection.
    NETWORK_PEER_PORT = "network.peer.port";
    /// The version of the protocol: `1.0`, `1.1`, `2` or `3`.
    NETWORK_PROTOCOL_VERSION = "network.protocol.version";
    /// The transport protocol: `tcp` or `udp`.
    NETWORK_TRANSPORT = "network.transport";
    /// The component of an OpenTelemetry SDK that a metric is about.
    OTEL_COMPONENT_NAME = "otel.component.name";
    /// The type of such a component, for example `batching_span_processor`.
    OTEL_COMPONENT_TYPE = "otel.component.type";
    /// `true` on the series that takes the measurements over the cardinality limit.
    OTEL_METRIC_OVERFLOW = "otel.metric.overflow";
    /// The fully qualified RPC method, `package.Service/Method`, else `_OTHER`.
    RPC_METHOD = "rpc.method";
    /// The RPC method as sent, if it is not a known one.
    RPC_METHOD_ORIGINAL = "rpc.method_original";
    /// The name of the status code; absent without a response.
    RPC_RESPONSE_STATUS_CODE = "rpc.response.status_code";
    /// The RPC system: `grpc`.
    RPC_SYSTEM_NAME = "rpc.system.name";
    /// The host that a client calls.
    SERVER_ADDRESS = "server.address";
    /// The port that a client calls.
    SERVER_PORT = "server.port";
    /// The name of a device.
    SYSTEM_DEVICE = "system.device";
    /// Where a file system is mounted.
    SYSTEM_FILESYSTEM_MOUNTPOINT = "system.filesystem.mountpoint";
    /// What a part of a file system is: `used`, `free` or `reserved`.
    SYSTEM_FILESYSTEM_STATE = "system.filesystem.state";
    /// The kind of a file system.
    SYSTEM_FILESYSTEM_TYPE = "system.filesystem.type";
    /// What a part of the memory is: `used`, `free`, `buffers` or `cached`.
    SYSTEM_MEMORY_STATE = "system.memory.state";
    /// The direction between swap space and memory: `in` or `out`.
    SYSTEM_PAGING_DIRECTION = "system.paging.direction";
    /// The kind of a page fault: `major`, with a read of a device, or `minor`.
    SYSTEM_PAGING_FAULT_TYPE = "system.paging.fault.type";
    /// What a part of the swap space is: `used` or `free`.
    SYSTEM_PAGING_STATE = "system.paging.state";
    /// The absolute URL of a client's request, without credentials.
    URL_FULL = "url.full";
    /// The path of a URL.
    URL_PATH = "url.path";
    /// The query of a URL, redacted.
    URL_QUERY = "url.query";
    /// The scheme of a URL: `http` or `https`.
    URL_SCHEME = "url.scheme";
    /// The low-cardinality template of a client's request path.
    URL_TEMPLATE = "url.template";
    /// The `User-Agent` header.
    USER_AGENT_ORIGINAL = "user_agent.original";
    /// The name of an operation of the service's own code.
    GUSSET_OPERATION_NAME = "gusset.operation.name";
    /// The outcome of the call, in gusset's own classification.
    GUSSET_OUTCOME = "gusset.outcome";
    /// How far an unfinished call had come.
    GUSSET_STAGE = "gusset.stage";
}
