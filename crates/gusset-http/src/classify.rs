//! What the end of an HTTP call is called.

use gusset_core::{Classification, End, Outcome, Rejected, ResponseKind, StaticStr};
use http::{Method, StatusCode};

use crate::{RequestHead, ResponseHead, status_code_str};

/// The server's rules: 5xx, an error or a panic is the service's fault, 4xx the caller's; a caller
/// that left says nothing; what bears the mark of a guard is refused.
///
/// `error.type` is set for the service's faults and for refusals (semantic conventions 1.44, HTTP
/// server span: 4xx is not an error).
#[derive(Clone, Copy, Debug)]
pub struct HttpServerClassifier(Facts);

/// The client's rules: as the server's, but 4xx is an error of the call too (semantic conventions
/// 1.44, HTTP client span). It stays the caller's fault, not the remote's.
#[derive(Clone, Copy, Debug)]
pub struct HttpClientClassifier(Facts);

/// What is kept of the heads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    asks: Asks,
    status: Option<StatusCode>,
    refused: bool,
}

/// The kinds of request that decide whether a response has a body (RFC 9110, 6.4.1).
#[derive(Clone, Copy, Debug)]
enum Asks {
    Head,
    Connect,
    Other,
}

// === impl Facts ===

impl Facts {
    #[inline]
    pub(crate) fn start(req: RequestHead<'_>) -> Self {
        let asks = match *req.method {
            Method::HEAD => Asks::Head,
            Method::CONNECT => Asks::Connect,
            _ => Asks::Other,
        };
        Self {
            asks,
            status: None,
            refused: false,
        }
    }

    #[inline]
    pub(crate) fn on_response(&mut self, res: ResponseHead<'_>) -> ResponseKind {
        self.status = Some(res.status);
        self.refused = res.extensions.get::<Rejected>().is_some();
        match (self.asks, res.status) {
            (_, StatusCode::SWITCHING_PROTOCOLS) => ResponseKind::Upgrade,
            (Asks::Connect, status) if status.is_success() => ResponseKind::Upgrade,
            (Asks::Head, _) | (_, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
                ResponseKind::NoBody
            }
            (_, status) if status.is_informational() => ResponseKind::NoBody,
            _ => ResponseKind::Body,
        }
    }

    #[inline]
    pub(crate) fn status_code_str(&self) -> Option<StaticStr> {
        self.status.map(status_code_str)
    }

    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The verdict of a response that was delivered; `client_error_is_error` if 4xx is an error of the call.
    #[inline]
    fn of_response(&self, client_error_is_error: bool) -> Classification {
        let status = self.status.unwrap_or_default();
        let error = status_code_str(status);
        if self.refused {
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

    /// A response is whole when its declared length is paid.
    #[inline]
    fn needs_trailers(&self) -> bool {
        false
    }

    #[inline]
    fn judge<P: gusset_core::Protocol>(
        &self,
        end: &End<'_, P>,
        client_error_is_error: bool,
    ) -> Classification {
        Classification::of_end(end)
            .unwrap_or_else(|| self.of_response(client_error_is_error))
            .with_status(self.status_code_str())
    }
}

/// The rules of a type that wraps its facts; `$client_error_is_error` if the caller's faults are errors of the
/// call.
macro_rules! rules {
    ($rules:ident, $client_error_is_error:literal) => {
        impl gusset_core::Classify<crate::Http<Self>> for $rules {
            #[inline]
            fn start(req: crate::RequestHead<'_>) -> Self {
                Self(Facts::start(req))
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
                self.0.judge(end, $client_error_is_error)
            }
        }
    };
}

pub(crate) use rules;

rules!(HttpServerClassifier, false);
rules!(HttpClientClassifier, true);
