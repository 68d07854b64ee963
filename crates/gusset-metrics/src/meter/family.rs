//! Which metrics a meter records, and under which labels.

use crate::names::{self, Metric};

/// The metrics of one kind of call, on one side of the wire.
#[derive(Debug)]
pub(crate) struct Family {
    /// Tells kinds of call apart that record on one recorder; below eight.
    pub(crate) number: u8,
    pub(crate) duration: &'static Metric,
    pub(crate) active: &'static Metric,
    pub(crate) outcomes: &'static Metric,
    pub(crate) time_to_headers: Option<&'static Metric>,
    pub(crate) response_size: Option<&'static Metric>,
    pub(crate) stream: Option<&'static Metric>,
    /// Of requests whose body is counted.
    pub(crate) request_size: Option<&'static Metric>,
    pub(crate) unread: Option<&'static Metric>,
    /// What the name in a series' key is called.
    pub(crate) name: &'static str,
    /// What the status in a series' key is called, and its text.
    pub(crate) status: (&'static str, fn(u16) -> &'static str),
    /// What the method and the scheme in a series' key are called.
    pub(crate) method: Option<&'static str>,
    pub(crate) scheme: Option<&'static str>,
    /// Whether the other side of a call is told apart.
    pub(crate) client: bool,
}

pub(crate) static HTTP_SERVER: Family = Family {
    number: 0,
    duration: &names::HTTP_SERVER_DURATION,
    active: &names::HTTP_SERVER_ACTIVE,
    outcomes: &names::HTTP_SERVER_OUTCOMES,
    time_to_headers: Some(&names::HTTP_SERVER_TIME_TO_HEAD),
    response_size: Some(&names::HTTP_SERVER_RESPONSE_SIZE),
    stream: Some(&names::HTTP_SERVER_STREAM),
    request_size: Some(&names::HTTP_SERVER_REQUEST_SIZE),
    unread: Some(&names::HTTP_SERVER_UNREAD),
    name: names::ROUTE,
    status: (names::STATUS, http_status),
    method: Some(names::METHOD),
    scheme: Some(names::SCHEME),
    client: false,
};

pub(crate) static HTTP_CLIENT: Family = Family {
    number: 1,
    duration: &names::HTTP_CLIENT_DURATION,
    active: &names::HTTP_CLIENT_ACTIVE,
    outcomes: &names::HTTP_CLIENT_OUTCOMES,
    time_to_headers: Some(&names::HTTP_CLIENT_TIME_TO_HEAD),
    response_size: Some(&names::HTTP_CLIENT_RESPONSE_SIZE),
    stream: Some(&names::HTTP_CLIENT_STREAM),
    request_size: Some(&names::HTTP_CLIENT_REQUEST_SIZE),
    unread: Some(&names::HTTP_CLIENT_UNREAD),
    name: names::TEMPLATE,
    status: (names::STATUS, http_status),
    method: Some(names::METHOD),
    scheme: None,
    client: true,
};

pub(crate) static RPC_SERVER: Family = Family {
    number: 2,
    duration: &names::RPC_SERVER_DURATION,
    active: &names::RPC_SERVER_ACTIVE,
    outcomes: &names::RPC_SERVER_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream: None,
    request_size: None,
    unread: None,
    name: names::RPC_METHOD,
    status: (names::RPC_STATUS, rpc_status),
    method: None,
    scheme: None,
    client: false,
};

pub(crate) static RPC_CLIENT: Family = Family {
    number: 4,
    duration: &names::RPC_CLIENT_DURATION,
    active: &names::RPC_CLIENT_ACTIVE,
    outcomes: &names::RPC_CLIENT_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream: None,
    request_size: None,
    unread: None,
    name: names::RPC_METHOD,
    status: (names::RPC_STATUS, rpc_status),
    method: None,
    scheme: None,
    client: true,
};

pub(crate) static MESSAGE: Family = Family {
    number: 3,
    duration: &names::MESSAGE_DURATION,
    active: &names::MESSAGE_ACTIVE,
    outcomes: &names::MESSAGE_OUTCOMES,
    time_to_headers: None,
    response_size: None,
    stream: None,
    request_size: None,
    unread: None,
    name: names::MESSAGING_DESTINATION,
    // A message has none: the status of its keys is zero.
    status: ("", |_| ""),
    method: None,
    scheme: None,
    client: false,
};

fn http_status(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).unwrap_or_default();
    gusset_http::status_token(status).as_str()
}

/// The status of an RPC stands in a key as its code plus one, for zero is none.
fn rpc_status(status: u16) -> &'static str {
    gusset_http::GrpcCode::from_number(status.saturating_sub(1))
        .token()
        .as_str()
}
