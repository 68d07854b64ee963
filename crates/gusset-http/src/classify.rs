//! Classification of HTTP calls.

use gusset_core::{
    Classification, End, ErrorStatuses, Outcome, Protocol, Rejected, ResponseKind, Stage, StaticStr,
};
use http::{Method, StatusCode};

use crate::{RequestHead, ResponseHead, Side, status_code_str};

/// Classifies the calls of an HTTP server.
///
/// A 5xx status, an error or a panic is a server error, and 4xx a client error. 408 is a server error too: a
/// timeout layer inside of this one responds with it when the service is too slow (tower-http's
/// `TimeoutLayer`). If such a layer is outside, the call is cancelled. A response that an admission policy
/// made is rejected. If the client disconnects after a status from 400 on was sent, the status still
/// decides. Before that, and after a good status, the call is cancelled.
///
/// [`ErrorStatuses`] of the layer replace these rules for statuses: one in the list is a server error, and no other
/// one is an error.
///
/// Sets `error.type` for server errors and rejections, and not for other 4xx (semantic conventions 1.44,
/// HTTP server span). It is the status once a 5xx status was sent, however the call ended.
#[derive(Clone, Copy, Debug)]
pub struct HttpServerClassifier(CallState);

/// Classifies the calls of an HTTP client.
///
/// As [`HttpServerClassifier`], but sets `error.type` for 4xx too (semantic conventions 1.44, HTTP
/// client span). 4xx is still a client error and not a failure of the remote service.
///
/// With [`ErrorStatuses`] of the layer, a 4xx that is not in the list is a client error without `error.type`.
///
/// A request body that fails while it is sent is a client error, with the `error.type` `request_body`.
///
/// A body that the caller discards, or reads in part, is not needed: the status decides, and a good
/// one is a success. Only a call that is given up before the response headers is cancelled.
#[derive(Clone, Copy, Debug)]
pub struct HttpClientClassifier(CallState);

/// Per-call state, collected from the request and the response headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallState {
    phase: Phase,
    status: Option<StatusCode>,
    /// The statuses that are errors, if they are set.
    error_statuses: Option<ErrorStatuses>,
}

/// How far a call has come: before the response its method, which decides whether the response has a body
/// (RFC 9110, 6.4.1), and then whether it was rejected. One value for both, because each call carries it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Head,
    Connect,
    OtherMethod,
    Responded,
    Rejected,
}

// === impl CallState ===

impl CallState {
    #[inline]
    pub(crate) fn start(req: RequestHead<'_>) -> Self {
        let phase = match *req.method {
            Method::HEAD => Phase::Head,
            Method::CONNECT => Phase::Connect,
            _ => Phase::OtherMethod,
        };
        Self {
            phase,
            status: None,
            error_statuses: None,
        }
    }

    fn with_error_statuses(mut self, statuses: ErrorStatuses) -> Self {
        self.error_statuses = Some(statuses);
        self
    }

    #[inline]
    pub(crate) fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.status = Some(res.status);
        let method = self.phase;
        self.phase = match res.extensions.get::<Rejected>() {
            Some(_) => Phase::Rejected,
            None => Phase::Responded,
        };
        match (method, res.status) {
            (_, StatusCode::SWITCHING_PROTOCOLS) => ResponseKind::Upgrade,
            (Phase::Connect, status) if status.is_success() => ResponseKind::Upgrade,
            (Phase::Head, _) | (_, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
                ResponseKind::NoBody
            }
            (_, status) if status.is_informational() => ResponseKind::NoBody,
            _ => ResponseKind::Body,
        }
    }

    pub(crate) fn is_rejected(&self) -> bool {
        self.phase == Phase::Rejected
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the classification by the status alone.
    #[inline]
    fn classify_response(&self, side: Side) -> Classification {
        let status = self.status.unwrap_or_default();
        let error = status_code_str(status);
        let is_error = match self.error_statuses {
            Some(statuses) => statuses.contains(status.as_u16()),
            None => {
                status.is_server_error()
                    || (status == StatusCode::REQUEST_TIMEOUT && side == Side::Server)
            }
        };
        if self.is_rejected() {
            Classification::new(Outcome::Rejected).with_error(error)
        } else if is_error {
            Classification::new(Outcome::ServerError).with_error(error)
        } else if !status.is_client_error() {
            Classification::new(Outcome::Success)
        } else if side == Side::Client && self.error_statuses.is_none() {
            Classification::new(Outcome::ClientError).with_error(error)
        } else {
            Classification::new(Outcome::ClientError)
        }
    }

    /// Returns `false`: a response is complete when its declared length was sent.
    #[inline]
    fn needs_trailers(&self) -> bool {
        false
    }

    #[inline]
    fn classify<P: Protocol>(&self, end: &End<'_, P>, side: Side) -> Classification {
        let by_response = || self.classify_response(side);
        of_unread_body(end, side, by_response)
            .or_else(|| of_end(end, side))
            .unwrap_or_else(by_response)
            .with_status(self.status.map(status_code_str))
    }
}

/// Returns the classification of an end that the response does not decide.
#[inline]
pub(crate) fn of_end<P: Protocol>(end: &End<'_, P>, side: Side) -> Option<Classification> {
    let mut classification = Classification::of_end(end)?;
    // The caller's own stream of data broke, or its caller has left: this proves nothing about the remote service.
    if side == Side::Client && classification.error == Some(StaticStr::REQUEST_BODY) {
        classification.outcome = Outcome::ClientError;
    }
    Some(classification)
}

/// Returns the classification of a response whose body was not read to its end, or broke, if the
/// status decides it: an error status, and on a client any status that it has received.
#[inline]
pub(crate) fn of_unread_body<P: Protocol>(
    end: &End<'_, P>,
    side: Side,
    by_response: impl FnOnce() -> Classification,
) -> Option<Classification> {
    match end {
        End::Cancelled(Stage::Body) => {
            let classification = by_response();
            let has_left = side == Side::Server && classification.outcome == Outcome::Success;
            (!has_left).then_some(classification)
        }
        // The status is what came first, and is more precise than a body that broke after it.
        End::Failed(Stage::Body, _) | End::Panicked(Stage::Body) => {
            let classification = by_response();
            classification.error.is_some().then_some(classification)
        }
        _ => None,
    }
}

/// Implements `HttpClassifier` for a type that wraps its per-call state.
macro_rules! impl_classify {
    ($classifier:ident, $side:expr, is_grpc: $is_grpc:expr) => {
        impl crate::HttpClassifier for $classifier {
            const SIDE: crate::Side = $side;
            const IS_GRPC: bool = $is_grpc;
        }

        impl gusset_core::Classify<crate::Http<Self>> for $classifier {
            const MAY_PANIC: bool = false;

            #[inline]
            fn start(req: crate::RequestHead<'_>) -> Self {
                Self(CallState::start(req))
            }

            fn with_error_statuses(self, statuses: gusset_core::ErrorStatuses) -> Self {
                Self(self.0.with_error_statuses(statuses))
            }

            #[inline]
            fn on_response(&mut self, res: crate::ResponseHead<'_>) -> gusset_core::ResponseKind {
                self.0.on_response(res)
            }

            #[inline]
            fn needs_trailers(&self) -> bool {
                self.0.needs_trailers()
            }

            #[inline]
            fn on_end(
                &self,
                end: &gusset_core::End<'_, crate::Http<Self>>,
            ) -> gusset_core::Classification {
                self.0.classify(end, <Self as crate::HttpClassifier>::SIDE)
            }
        }
    };
}

pub(crate) use impl_classify;

impl_classify!(HttpServerClassifier, Side::Server, is_grpc: false);
impl_classify!(HttpClientClassifier, Side::Client, is_grpc: false);
