//! Who may see the page.

use gusset_http::{BearerToken, RequestHead};
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use http::uri::{Authority, Uri};

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

/// Checks a request that changes something: it has the token, and a page of this server or a program sent it.
pub(crate) fn check_change(
    token: Option<&BearerToken>,
    req: RequestHead<'_>,
) -> Result<(), Rejection> {
    match token {
        Some(_) => check(token, req)?,
        None => return Err(Rejection::Unauthorized),
    }
    match is_same_origin(req) {
        true => Ok(()),
        false => Err(Rejection::Website),
    }
}

/// Returns whether the `Origin` of a request is its host, and the site that the browser names is not another one.
/// (Fetch Metadata Request Headers, section 2.2.)
fn is_same_origin(req: RequestHead<'_>) -> bool {
    let text = |name| {
        req.headers
            .get(name)
            .map(|it| it.to_str().unwrap_or_default())
    };
    let site = req.headers.get("sec-fetch-site");
    let is_own_site = site.is_none_or(|site| site == "same-origin" || site == "none");
    let is_own_host = req.headers.get(ORIGIN).is_none() || {
        let origin = text(ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
        let authority = origin.as_ref().and_then(Uri::authority);
        let host = text(HOST).or_else(|| req.uri.authority().map(Authority::as_str));
        authority.map(Authority::as_str) == host && host.is_some()
    };
    is_own_site && is_own_host
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
