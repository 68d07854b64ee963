//! What the end of an HTTP call is called.

use gusset_core::{Delivery, End, Outcome, Refused, Token, Verdict};
use http::{Method, StatusCode};

use crate::{RequestHead, ResponseHead, status_token};

/// The server's rules: 5xx, an error or a panic is the service's fault, 4xx the caller's; a caller
/// that left says nothing; what bears the mark of a guard is refused.
///
/// `error.type` is set for the service's faults and for refusals (semantic conventions 1.44, HTTP
/// server span: 4xx is not an error).
#[derive(Clone, Copy, Debug)]
pub struct HttpServer(Facts);

/// The client's rules: as the server's, but 4xx is an error of the call too (semantic conventions
/// 1.44, HTTP client span). It stays the caller's fault, not the remote's.
#[derive(Clone, Copy, Debug)]
pub struct HttpClient(Facts);

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
    pub(crate) fn on_response(&mut self, res: ResponseHead<'_>) -> Delivery {
        self.status = Some(res.status);
        self.refused = res.extensions.get::<Refused>().is_some();
        match (self.asks, res.status) {
            (_, StatusCode::SWITCHING_PROTOCOLS) => Delivery::Upgrade,
            (Asks::Connect, status) if status.is_success() => Delivery::Upgrade,
            (Asks::Head, _) | (_, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
                Delivery::Bare
            }
            (_, status) if status.is_informational() => Delivery::Bare,
            _ => Delivery::Body,
        }
    }

    #[inline]
    pub(crate) fn status_token(&self) -> Option<Token> {
        self.status.map(status_token)
    }

    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The verdict of a response that was delivered; `caller_errs` if 4xx is an error of the call.
    #[inline]
    fn of_response(&self, caller_errs: bool) -> Verdict {
        let status = self.status.unwrap_or_default();
        let error = status_token(status);
        if self.refused {
            Verdict::new(Outcome::Refused).with_error(error)
        } else if status.is_server_error() {
            Verdict::new(Outcome::ServiceFault).with_error(error)
        } else if !status.is_client_error() {
            Verdict::new(Outcome::Success)
        } else if caller_errs {
            Verdict::new(Outcome::CallerFault).with_error(error)
        } else {
            Verdict::new(Outcome::CallerFault)
        }
    }

    /// A response is whole when its declared length is paid.
    #[inline]
    fn needs_trailers(&self) -> bool {
        false
    }

    #[inline]
    fn judge<P: gusset_core::Protocol>(&self, end: &End<'_, P>, caller_errs: bool) -> Verdict {
        Verdict::of_end(end)
            .unwrap_or_else(|| self.of_response(caller_errs))
            .with_status(self.status_token())
    }
}

/// The rules of a type that wraps its facts; `$caller_errs` if the caller's faults are errors of the
/// call.
macro_rules! rules {
    ($rules:ident, $caller_errs:literal) => {
        impl gusset_core::Classify<crate::Http<Self>> for $rules {
            #[inline]
            fn start(req: crate::RequestHead<'_>) -> Self {
                Self(Facts::start(req))
            }

            #[inline]
            fn on_response(&mut self, res: crate::ResponseHead<'_>) -> gusset_core::Delivery {
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
            ) -> gusset_core::Verdict {
                self.0.judge(end, $caller_errs)
            }
        }
    };
}

pub(crate) use rules;

rules!(HttpServer, false);
rules!(HttpClient, true);
