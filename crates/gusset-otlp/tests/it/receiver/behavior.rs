//! The faults of the receiver.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};

use super::{Body, full};

/// The behavior of the receiver for one request.
#[derive(Clone, Debug)]
pub(crate) enum Behavior {
    Accept,
    /// Accepts the request and rejects this number of its items.
    Reject(i64, &'static str),
    /// Responds with this HTTP status and these headers.
    HttpStatus(u16, Vec<(&'static str, String)>),
    /// Refuses bodies over the limit.
    BodyLimit(BodyLimit),
    /// Closes the connection without a response while it receives a larger body.
    CloseAbove(u64),
    /// Refuses gRPC messages over this size with this status code and message.
    MessageLimit(usize, tonic::Code, &'static str),
    /// Responds with this gRPC status code and requests this delay before a retry.
    GrpcStatus(i32, Option<Duration>),
    NeverRespond,
    /// Accepts the request after this delay.
    Delay(Duration),
    /// Closes the connection before the response.
    CloseConnection,
    /// Accepts the request and closes the connection within the response body.
    AbortBody,
    /// Accepts the request and never completes the response body.
    StallBody,
    /// Accepts the request, with an invalid response body.
    GarbageBody,
    /// Accepts the request, with a response body over the limit.
    OversizedBody,
}

/// A limit for the bodies of HTTP requests, and the response to a larger one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimit {
    pub(crate) max_bytes: usize,
    /// Whether the limit is that of the decompressed body.
    pub(crate) decompressed: bool,
    /// Whether the response is sent before the body is read, as nginx does.
    pub(crate) early: bool,
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static [u8],
}

impl Behavior {
    /// Returns the rejected items and the message of a partial success.
    pub(super) fn partial_success(&self) -> Option<(i64, &'static str)> {
        match self {
            Self::Reject(count, message) => Some((*count, message)),
            _ => None,
        }
    }
}

impl BodyLimit {
    /// Returns the response to a larger body.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(full(Bytes::from_static(self.text)));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        let content_type = HeaderValue::from_static(self.content_type);
        response.headers_mut().insert("content-type", content_type);
        response
    }
}
