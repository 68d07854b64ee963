//! The metrics and labels of each kind of call.

use gusset_data::semconv;
use gusset_http::{KnownMethods, Side};

use super::CallInstruments;
use crate::intern::InternedId;
use crate::names::{self, MetricDescriptor};

/// The metrics of one protocol on one side, client or server. A `None` is not recorded.
#[derive(Debug)]
pub(crate) struct InstrumentSet {
    /// Distinguishes the sets of observers on one recorder; less than eight.
    pub(crate) number: u8,
    pub(crate) duration: &'static MetricDescriptor,
    pub(crate) active: &'static MetricDescriptor,
    pub(crate) outcomes: &'static MetricDescriptor,
    pub(crate) time_to_headers: Option<&'static MetricDescriptor>,
    pub(crate) response_size: Option<&'static MetricDescriptor>,
    pub(crate) stream_duration: Option<&'static MetricDescriptor>,
    /// Recorded if the request body is counted.
    pub(crate) request_size: Option<&'static MetricDescriptor>,
    /// Recorded if the request body is counted.
    pub(crate) unread: Option<&'static MetricDescriptor>,
    /// Counts the messages of a call.
    pub(crate) messages: Option<&'static MetricDescriptor>,
    /// The label of the key's name, and the function that returns its value.
    pub(crate) name: (&'static str, NameFn),
    /// The labels of further names, which follow in the same text, each after a zero.
    pub(crate) more_names: &'static [&'static str],
    /// The label of the key's status, and the function that returns its value.
    pub(crate) status: (&'static str, fn(u16) -> &'static str),
    /// The label of the key's method.
    pub(crate) method: Option<&'static str>,
    /// The label of the key's scheme.
    pub(crate) scheme: Option<&'static str>,
    /// The side that observes requests. On a client, series have the address and port of the server.
    pub(crate) side: Side,
}

/// Returns the text of a name.
type NameFn = fn(&CallInstruments, InternedId) -> Option<&str>;

pub(crate) static HTTP_SERVER: InstrumentSet = InstrumentSet {
    number: 0,
    duration: &names::HTTP_SERVER_DURATION,
    active: &names::HTTP_SERVER_ACTIVE_REQUESTS,
    outcomes: &names::HTTP_SERVER_OUTCOMES,
    time_to_headers: Some(&names::HTTP_SERVER_TIME_TO_HEADERS),
    response_size: Some(&names::HTTP_SERVER_RESPONSE_BODY_SIZE),
    stream_duration: Some(&names::HTTP_SERVER_STREAM_DURATION),
    request_size: Some(&names::HTTP_SERVER_REQUEST_BODY_SIZE),
    unread: Some(&names::HTTP_SERVER_UNREAD_REQUESTS),
    messages: None,
    name: (semconv::HTTP_ROUTE, interned_name),
    more_names: &[],
    status: (semconv::HTTP_RESPONSE_STATUS_CODE, http_status),
    method: Some(semconv::HTTP_REQUEST_METHOD),
    scheme: Some(semconv::URL_SCHEME),
    side: Side::Server,
};

pub(crate) static HTTP_CLIENT: InstrumentSet = InstrumentSet {
    number: 1,
    duration: &names::HTTP_CLIENT_DURATION,
    active: &names::HTTP_CLIENT_ACTIVE_REQUESTS,
    outcomes: &names::HTTP_CLIENT_OUTCOMES,
    time_to_headers: Some(&names::HTTP_CLIENT_TIME_TO_HEADERS),
    response_size: Some(&names::HTTP_CLIENT_RESPONSE_BODY_SIZE),
    stream_duration: Some(&names::HTTP_CLIENT_STREAM_DURATION),
    request_size: Some(&names::HTTP_CLIENT_REQUEST_BODY_SIZE),
    unread: Some(&names::HTTP_CLIENT_UNSENT_REQUESTS),
    messages: None,
    name: (semconv::URL_TEMPLATE, interned_name),
    more_names: &[],
    status: (semconv::HTTP_RESPONSE_STATUS_CODE, http_status),
    method: Some(semconv::HTTP_REQUEST_METHOD),
    scheme: None,
    side: Side::Client,
};

pub(crate) static RPC_SERVER: InstrumentSet = InstrumentSet {
    number: 2,
    duration: &names::RPC_SERVER_DURATION,
    active: &names::RPC_SERVER_ACTIVE_CALLS,
    outcomes: &names::RPC_SERVER_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream_duration: None,
    request_size: None,
    unread: None,
    messages: None,
    name: (semconv::RPC_METHOD, rpc_method),
    more_names: &[],
    status: (semconv::RPC_RESPONSE_STATUS_CODE, rpc_status),
    method: None,
    scheme: None,
    side: Side::Server,
};

pub(crate) static RPC_CLIENT: InstrumentSet = InstrumentSet {
    number: 4,
    duration: &names::RPC_CLIENT_DURATION,
    active: &names::RPC_CLIENT_ACTIVE_CALLS,
    outcomes: &names::RPC_CLIENT_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream_duration: None,
    request_size: None,
    unread: None,
    messages: None,
    name: (semconv::RPC_METHOD, rpc_method),
    more_names: &[],
    status: (semconv::RPC_RESPONSE_STATUS_CODE, rpc_status),
    method: None,
    scheme: None,
    side: Side::Client,
};

pub(crate) static MESSAGING: InstrumentSet = InstrumentSet {
    number: 3,
    duration: &names::MESSAGING_PROCESS_DURATION,
    active: &names::MESSAGING_ACTIVE_MESSAGES,
    outcomes: &names::MESSAGING_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream_duration: None,
    request_size: None,
    unread: None,
    messages: None,
    name: (semconv::MESSAGING_DESTINATION_NAME, interned_name),
    more_names: &[],
    // Messages have no status: it is zero in their keys.
    status: ("", |_| ""),
    method: None,
    scheme: None,
    side: Side::Server,
};

pub(crate) static OPERATION: InstrumentSet = InstrumentSet {
    number: 5,
    duration: &names::OPERATION_DURATION,
    active: &names::OPERATION_ACTIVE,
    outcomes: &names::OPERATION_OUTCOMES,
    name: (semconv::GUSSET_OPERATION_NAME, interned_name),
    ..MESSAGING
};

pub(crate) static DATABASE: InstrumentSet = InstrumentSet {
    duration: &names::DB_CLIENT_OPERATION_DURATION,
    active: &names::DB_CLIENT_ACTIVE_OPERATIONS,
    outcomes: &names::DB_CLIENT_OUTCOMES,
    name: (semconv::DB_SYSTEM_NAME, interned_name),
    more_names: &[semconv::DB_OPERATION_NAME, semconv::DB_COLLECTION_NAME],
    ..OPERATION
};

pub(crate) static SEND: InstrumentSet = InstrumentSet {
    duration: &names::MESSAGING_CLIENT_OPERATION_DURATION,
    active: &names::MESSAGING_CLIENT_ACTIVE_OPERATIONS,
    outcomes: &names::MESSAGING_CLIENT_OUTCOMES,
    messages: Some(&names::MESSAGING_CLIENT_SENT_MESSAGES),
    name: (semconv::MESSAGING_SYSTEM, interned_name),
    more_names: &[
        semconv::MESSAGING_OPERATION_NAME,
        semconv::MESSAGING_DESTINATION_NAME,
    ],
    ..OPERATION
};

fn interned_name(instruments: &CallInstruments, name: InternedId) -> Option<&str> {
    instruments.names.text(name)
}

fn rpc_method(instruments: &CallInstruments, name: InternedId) -> Option<&str> {
    if name == InternedId::OTHER {
        return Some(KnownMethods::OTHER);
    }
    instruments.options.rpc_method_name(name.rpc_method()?)
}

fn http_status(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).unwrap_or_default();
    gusset_http::status_code_str(status).as_str()
}

/// Returns the name of an RPC status. In a key it is the code plus one, because zero means none.
fn rpc_status(status: u16) -> &'static str {
    gusset_http::GrpcCode::from_number(status.saturating_sub(1))
        .name()
        .as_str()
}
