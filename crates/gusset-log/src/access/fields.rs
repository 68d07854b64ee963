//! The fields of access log entries, in one table for each kind of request.
//!
//! A table is a macro that passes its rows to another macro, which generates a writer: the `tracing`
//! event, the JSON entry or the attributes of a record. Everything is resolved at compile time. A row
//! reads `presence kind NAME = value;`.
//!
//! | presence | the value is | in the event of common requests |
//! |---|---|---|
//! | `always` | a value | yes |
//! | `common` | an `Option` | yes |
//! | `rare` | an `Option` | no |
//!
//! | kind | type |
//! |---|---|
//! | `token` | `&'static str` from a fixed set of values, which needs no escaping |
//! | `text` | `&str` |
//! | `route` | `&str`, part of the message too |
//! | `display` | a type that implements `Display` and is escaped |
//! | `header` | `LossyHeader` |
//! | `number` | `u64` |
//! | `status` | `u16` |
//! | `seconds` | `Duration` |
//! | `version` | `http::Version` |
//! | `outcome` | `Outcome` |
//! | `query` | `RedactedQuery`, in events and attributes only |

/// The fields of an HTTP server's entry. The first four are always first: the JSON writer fuses them.
/// Google Cloud needs its `httpRequest` fields side by side.
macro_rules! server_fields {
    ($record:ident => $writer:ident!($($args:tt)*)) => {
        $writer! { [$($args)*]
            always text HTTP_REQUEST_METHOD = $record.method();
            always text URL_PATH = $record.path();
            common status HTTP_RESPONSE_STATUS_CODE = $record.status();
            always number HTTP_RESPONSE_BODY_SIZE = $record.completion.response_bytes;
            rare number HTTP_REQUEST_BODY_SIZE = $record.request_bytes();
            common header USER_AGENT_ORIGINAL = $record.user_agent();
            common display CLIENT_ADDRESS = $record.client;
            rare header HTTP_REQUEST_HEADER_REFERER = $record.referer();
            always seconds HTTP_SERVER_REQUEST_DURATION = $record.completion.elapsed;
            common version NETWORK_PROTOCOL_VERSION = $record.version;
            common route HTTP_ROUTE = $record.route();
            common seconds HTTP_SERVER_TIME_TO_HEADERS = $record.completion.time_to_headers;
            always outcome GUSSET_OUTCOME = $record.completion.outcome;
            rare token GUSSET_STAGE = $record.completion.stage;
            rare token ERROR_TYPE = $record.error_type();
            rare text HTTP_REQUEST_METHOD_ORIGINAL = $record.method_original();
            common token URL_SCHEME = $record.scheme();
            rare query URL_QUERY = $record.query();
        }
    };
}

/// The fields of an HTTP client's entry; `$peer` is `AccessRecord::peer`.
macro_rules! client_fields {
    ($record:ident, $peer:ident => $writer:ident!($($args:tt)*)) => {
        $writer! { [$($args)*]
            always text HTTP_REQUEST_METHOD = $record.method();
            always display URL_FULL = $record.url();
            common status HTTP_RESPONSE_STATUS_CODE = $record.status();
            always number HTTP_RESPONSE_BODY_SIZE = $record.completion.response_bytes;
            rare number HTTP_REQUEST_BODY_SIZE = $record.request_bytes();
            common header USER_AGENT_ORIGINAL = $record.user_agent();
            always seconds HTTP_CLIENT_REQUEST_DURATION = $record.completion.elapsed;
            common token NETWORK_PROTOCOL_VERSION = $record.response_version();
            common text SERVER_ADDRESS = $peer.0;
            common status SERVER_PORT = $peer.1;
            common text URL_TEMPLATE = $record.route();
            common seconds HTTP_CLIENT_TIME_TO_HEADERS = $record.completion.time_to_headers;
            always outcome GUSSET_OUTCOME = $record.completion.outcome;
            rare token GUSSET_STAGE = $record.completion.stage;
            rare token ERROR_TYPE = $record.error_type();
            rare text HTTP_REQUEST_METHOD_ORIGINAL = $record.method_original();
        }
    };
}

/// The fields of a gRPC server's entry; `$method` is `AccessRecord::rpc_method`.
macro_rules! grpc_server_fields {
    ($record:ident, $method:ident => $writer:ident!($($args:tt)*)) => {
        $writer! { [$($args)*]
            always text RPC_SYSTEM_NAME = "grpc";
            always text RPC_METHOD = $method.0;
            common token RPC_RESPONSE_STATUS_CODE = $record.protocol_status();
            always number HTTP_RESPONSE_BODY_SIZE = $record.completion.response_bytes;
            rare number HTTP_REQUEST_BODY_SIZE = $record.request_bytes();
            common header USER_AGENT_ORIGINAL = $record.user_agent();
            common display CLIENT_ADDRESS = $record.client;
            always seconds RPC_SERVER_CALL_DURATION = $record.completion.elapsed;
            common status HTTP_RESPONSE_STATUS_CODE = $record.status();
            common seconds HTTP_SERVER_TIME_TO_HEADERS = $record.completion.time_to_headers;
            always outcome GUSSET_OUTCOME = $record.completion.outcome;
            rare token GUSSET_STAGE = $record.completion.stage;
            rare token ERROR_TYPE = $record.error_type();
            rare text RPC_METHOD_ORIGINAL = $method.1;
        }
    };
}

/// The fields of a gRPC client's entry; `$peer` is `AccessRecord::peer`.
macro_rules! grpc_client_fields {
    ($record:ident, $peer:ident => $writer:ident!($($args:tt)*)) => {
        $writer! { [$($args)*]
            always text RPC_SYSTEM_NAME = "grpc";
            always text RPC_METHOD = $record.rpc_path();
            common token RPC_RESPONSE_STATUS_CODE = $record.protocol_status();
            always number HTTP_RESPONSE_BODY_SIZE = $record.completion.response_bytes;
            rare number HTTP_REQUEST_BODY_SIZE = $record.request_bytes();
            always seconds RPC_CLIENT_CALL_DURATION = $record.completion.elapsed;
            common status HTTP_RESPONSE_STATUS_CODE = $record.status();
            common text SERVER_ADDRESS = $peer.0;
            common status SERVER_PORT = $peer.1;
            common seconds HTTP_CLIENT_TIME_TO_HEADERS = $record.completion.time_to_headers;
            always outcome GUSSET_OUTCOME = $record.completion.outcome;
            rare token GUSSET_STAGE = $record.completion.stage;
            rare token ERROR_TYPE = $record.error_type();
        }
    };
}

pub(super) use {client_fields, grpc_client_fields, grpc_server_fields, server_fields};
