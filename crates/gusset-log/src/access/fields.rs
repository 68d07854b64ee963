//! The fields of access log entries, in one table.
//!
//! The table is a macro that passes the rows of one kind of request to another macro, which generates
//! a writer: the `tracing` event, the JSON entry or the attributes of a record. Everything is resolved
//! at compile time. A row reads `[kinds of requests] presence kind NAME = value;`.
//!
//! The presence is `always` or `option`: the value is an `Option`.
//!
//! | kind | type |
//! |---|---|
//! | `token` | `&'static str` from a fixed set of values, which needs no escaping |
//! | `text` | `&str` |
//! | `route` | `&str`, part of the message too |
//! | `display` | a type that implements `Display` and is escaped |
//! | `number` | `u64` |
//! | `status` | `u16` |
//! | `seconds` | `Duration` |
//! | `version` | `ProtocolVersion` |
//! | `scheme` | `Scheme` |
//! | `outcome` | `Outcome` |
//! | `own_fields` | `OwnFields`, in events only |
//! | `query` | `RedactedQuery`, in events and attributes only |

/// Passes the rows of a kind of request to a macro. `$http` is the `RequestAttributes` of the record.
///
/// The columns are HTTP server, HTTP client, gRPC server, gRPC client, consumer of messages and operation. A row has an `x` for each
/// kind of request that has the field. An `r` is an `x` that `common_http_server` omits.
///
/// The first four fields of a server are always first: the JSON writer fuses them. Google Cloud needs
/// its `httpRequest` fields side by side.
macro_rules! fields {
    ($kind:ident($record:ident, $http:ident) => $writer:ident!($($args:tt)*)) => {
        select_fields! { $kind ($writer [$($args)*]) {}
            [x x . . . .] always text HTTP_REQUEST_METHOD = $http.method();
            [. . x x . .] always token RPC_SYSTEM_NAME = "grpc";
            [. . x x . .] always text RPC_METHOD = $record.rpc_method($http);
            [. . x x . .] option token RPC_RESPONSE_STATUS_CODE = $record.completion.protocol_status;
            [. . . . x .] always text MESSAGING_SYSTEM = $record.messaging_system();
            [. . . . x .] always text MESSAGING_OPERATION_NAME = $record.messaging_operation();
            [. . . . x .] option text MESSAGING_DESTINATION_NAME = $record.destination.as_deref();
            [. . . . . x] always token GUSSET_OPERATION_NAME = $record.operation.unwrap_or_default();
            [x . . . . .] option text URL_PATH = $http.reported_path();
            [. x . . . .] always display URL_FULL = $http.url();
            [x x x x . .] option status HTTP_RESPONSE_STATUS_CODE = $record.status();
            [x x x x . .] always number HTTP_RESPONSE_BODY_SIZE = $record.completion.response_bytes;
            [r x x x . .] option number HTTP_REQUEST_BODY_SIZE = $record.request_bytes();
            [x x x . . .] option text USER_AGENT_ORIGINAL = $record.user_agent();
            [x . x . . .] option display CLIENT_ADDRESS = $record.client;
            [r . . . . .] option display HTTP_REQUEST_HEADER_REFERER = $record.referer();
            [x . . . . .] always seconds HTTP_SERVER_REQUEST_DURATION = $record.completion.elapsed;
            [. x . . . .] always seconds HTTP_CLIENT_REQUEST_DURATION = $record.completion.elapsed;
            [. . x . . .] always seconds RPC_SERVER_CALL_DURATION = $record.completion.elapsed;
            [. . . x . .] always seconds RPC_CLIENT_CALL_DURATION = $record.completion.elapsed;
            [. . . . x .] always seconds MESSAGING_PROCESS_DURATION = $record.completion.elapsed;
            [. . . . . x] always seconds GUSSET_OPERATION_DURATION = $record.completion.elapsed;
            [x x . . . .] option version NETWORK_PROTOCOL_VERSION = $record.version;
            [. x . x . .] option text SERVER_ADDRESS = $record.server_address();
            [. x . x . .] option status SERVER_PORT = $record.server_port();
            [x . . . . .] option route HTTP_ROUTE = $record.route();
            [. x . . . .] option text URL_TEMPLATE = $record.route();
            [x . x . . .] option seconds HTTP_SERVER_TIME_TO_HEADERS = $record.completion.time_to_headers;
            [. x . x . .] option seconds HTTP_CLIENT_TIME_TO_HEADERS = $record.completion.time_to_headers;
            [x x x x x x] always outcome GUSSET_OUTCOME = $record.completion.outcome;
            [r x x x . .] option token GUSSET_STAGE = $record.completion.stage;
            [r x x x x x] option token ERROR_TYPE = $record.completion.error_type;
            [r x x x x x] option text EXCEPTION_MESSAGE = $record.exception_message.as_deref();
            [r x . . . .] option text HTTP_REQUEST_METHOD_ORIGINAL = $http.method_original();
            [. . x . . .] option text RPC_METHOD_ORIGINAL = $record.rpc_method_original($http);
            [x . . . . .] always scheme URL_SCHEME = $http.scheme();
            [r x x x x x] option own_fields GUSSET_FIELDS = $record.own_fields();
            [r . . . . .] option query URL_QUERY = $http.query();
        }
    };
}

/// Collects the rows of a kind of request: takes the column of the kind, then keeps or skips the row.
macro_rules! select_fields {
    ($kind:ident ($writer:ident [$($args:tt)*]) { $($kept:tt)* }) => {
        $writer! { [$($args)*] $($kept)* }
    };
    (common_http_server $to:tt $kept:tt [r $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ . common_http_server $to $kept $($rest)* }
    };
    (common_http_server $to:tt $kept:tt [$is_kept:tt $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ $is_kept common_http_server $to $kept $($rest)* }
    };
    (http_server $to:tt $kept:tt [$is_kept:tt $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ $is_kept http_server $to $kept $($rest)* }
    };
    (http_client $to:tt $kept:tt [$_1:tt $is_kept:tt $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ $is_kept http_client $to $kept $($rest)* }
    };
    (grpc_server $to:tt $kept:tt [$_1:tt $_2:tt $is_kept:tt $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ $is_kept grpc_server $to $kept $($rest)* }
    };
    (grpc_client $to:tt $kept:tt [$_1:tt $_2:tt $_3:tt $is_kept:tt $($_:tt)*] $($rest:tt)*) => {
        select_fields! { @ $is_kept grpc_client $to $kept $($rest)* }
    };
    (consumer $to:tt $kept:tt [$_1:tt $_2:tt $_3:tt $_4:tt $is_kept:tt $_6:tt] $($rest:tt)*) => {
        select_fields! { @ $is_kept consumer $to $kept $($rest)* }
    };
    (operation $to:tt $kept:tt [$_1:tt $_2:tt $_3:tt $_4:tt $_5:tt $is_kept:tt] $($rest:tt)*) => {
        select_fields! { @ $is_kept operation $to $kept $($rest)* }
    };
    (@ . $kind:ident $to:tt $kept:tt
        $presence:ident $type:ident $key:ident = $value:expr; $($rows:tt)*) => {
        select_fields! { $kind $to $kept $($rows)* }
    };
    (@ $is_kept:tt $kind:ident $to:tt { $($kept:tt)* }
        $presence:ident $type:ident $key:ident = $value:expr; $($rows:tt)*) => {
        select_fields! { $kind $to { $($kept)* $presence $type $key = $value; } $($rows)* }
    };
}

pub(super) use {fields, select_fields};
