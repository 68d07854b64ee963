//! Classification of HTTP calls.

use gusset_core::{Classification, End, Outcome, Protocol, Rejected, ResponseKind};
use http::{Method, StatusCode};

use crate::{RequestHead, ResponseHead, status_code_str};

/// Classifies the calls of an HTTP server.
///
/// A 5xx status, an error or a panic is a server error, and 4xx a client error. A call whose client
/// disconnects is cancelled. A response that an admission policy made is rejected.
///
/// Sets `error.type` for server errors and rejections, and not for 4xx (semantic conventions 1.44,
/// HTTP server span).
#[derive(Clone, Copy, Debug)]
pub struct HttpServerClassifier(CallState);

/// Classifies the calls of an HTTP client.
///
/// As [`HttpServerClassifier`], but sets `error.type` for 4xx too (semantic conventions 1.44, HTTP
/// client span). 4xx is still a client error and not a failure of the remote service.
#[derive(Clone, Copy, Debug)]
pub struct HttpClientClassifier(CallState);

/// Per-call state, collected from the request and the response headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallState {
    method: MethodKind,
    status: Option<StatusCode>,
    is_rejected: bool,
}

/// The methods that decide whether a response has a body (RFC 9110, 6.4.1).
#[derive(Clone, Copy, Debug)]
enum MethodKind {
    Head,
    Connect,
    Other,
}

// === impl CallState ===

impl CallState {
    #[inline]
    pub(crate) fn start(req: RequestHead<'_>) -> Self {
        let method = match *req.method {
            Method::HEAD => MethodKind::Head,
            Method::CONNECT => MethodKind::Connect,
            _ => MethodKind::Other,
        };
        Self {
            method,
            status: None,
            is_rejected: false,
        }
    }

    #[inline]
    pub(crate) fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.status = Some(res.status);
        self.is_rejected = res.extensions.get::<Rejected>().is_some();
        match (self.method, res.status) {
            (_, StatusCode::SWITCHING_PROTOCOLS) => ResponseKind::Upgrade,
            (MethodKind::Connect, status) if status.is_success() => ResponseKind::Upgrade,
            (MethodKind::Head, _) | (_, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
                ResponseKind::NoBody
            }
            (_, status) if status.is_informational() => ResponseKind::NoBody,
            _ => ResponseKind::Body,
        }
    }

    pub(crate) fn is_rejected(&self) -> bool {
        self.is_rejected
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the classification of a complete response. `client_error_is_error` is whether 4xx sets
    /// `error.type`.
    #[inline]
    fn classify_response(&self, client_error_is_error: bool) -> Classification {
        let status = self.status.unwrap_or_default();
        let error = status_code_str(status);
        if self.is_rejected {
            Classification::new(Outcome::Rejected).with_error(error)
        } else if status.is_server_error() {
            Classification::new(Outcome::ServerError).with_error(error)
        } else if !status.is_client_error() {
            Classification::new(Outcome::Success)
        } else if client_error_is_error {
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
    fn classify<P: Protocol>(
        &self,
        end: &End<'_, P>,
        client_error_is_error: bool,
    ) -> Classification {
        Classification::of_end(end)
            .unwrap_or_else(|| self.classify_response(client_error_is_error))
            .with_status(self.status.map(status_code_str))
    }
}

/// Implements `Classify` for a type that wraps its per-call state.
macro_rules! impl_classify {
    ($classifier:ident, client_error_is_error: $client_error_is_error:literal) => {
        impl gusset_core::Classify<crate::Http<Self>> for $classifier {
            #[inline]
            fn start(req: crate::RequestHead<'_>) -> Self {
                Self(CallState::start(req))
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
                self.0.classify(end, $client_error_is_error)
            }
        }
    };
}

pub(crate) use impl_classify;

impl_classify!(HttpServerClassifier, client_error_is_error: false);
impl_classify!(HttpClientClassifier, client_error_is_error: true);
