//! Who may see the page.

use gusset_http::{BearerToken, RequestHead};
use http::StatusCode;

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// It has no valid token.
    Unauthorized,
    /// A browser may have sent it for a website.
    Website,
}

/// Checks a request: the token, or without one that no website sent it.
///
/// A token is in no request that a website makes, so it is enough.
pub(crate) fn check(token: Option<&BearerToken>, req: RequestHead<'_>) -> Result<(), Rejection> {
    match token {
        Some(token) if token.is_in(req) => Ok(()),
        Some(_) => Err(Rejection::Unauthorized),
        None if req.may_be_of_website() => Err(Rejection::Website),
        None => Ok(()),
    }
}

// === impl Rejection ===

impl Rejection {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Website => StatusCode::FORBIDDEN,
        }
    }

    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Unauthorized => "a bearer token is required",
            Self::Website => "not for a website",
        }
    }
}
