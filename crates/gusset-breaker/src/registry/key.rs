//! The keys of calls.

use std::borrow::Cow;

use gusset_core::Protocol;
use gusset_http::{Http, HttpClassifier, RequestHead, Route};

#[allow(unused_imports, reason = "for the documentation")]
use crate::BreakerRegistry;

/// Extracts the key by which a [`BreakerRegistry`] finds the breaker of a call.
///
/// For HTTP, implemented by functions of the request headers, such as [`by_host`] and [`by_route`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key extractor for `{P}`",
    label = "not a key extractor for this protocol",
    note = "for HTTP, use a `fn(RequestHead<'_>) -> Option<Cow<'_, str>>`"
)]
pub trait KeyExtractor<P: Protocol>: Send + Sync + 'static {
    /// Returns the key, or `None` to use the fallback breaker, which is also used if it panics. Must not
    /// block.
    fn extract<'a>(&self, req: P::Request<'a>) -> Option<Cow<'a, str>>;
}

/// Extracts the host that a client calls: the authority of the URI, or else the `Host` header.
pub fn by_host(req: RequestHead<'_>) -> Option<Cow<'_, str>> {
    let host = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => req.headers.get(http::header::HOST)?.to_str().ok()?,
    };
    Some(to_lower_case(host))
}

/// Extracts the route that the router matched.
pub fn by_route(req: RequestHead<'_>) -> Option<Cow<'_, str>> {
    Route::from_request(req).map(Cow::Borrowed)
}

/// Allocates only if there are upper-case letters, which hosts rarely have.
fn to_lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

impl<R, F> KeyExtractor<Http<R>> for F
where
    R: HttpClassifier,
    F: for<'a> Fn(RequestHead<'a>) -> Option<Cow<'a, str>> + Send + Sync + 'static,
{
    // The projection is spelled out, because the trait ties the lifetime to it.
    fn extract<'a>(&self, req: <Http<R> as Protocol>::Request<'a>) -> Option<Cow<'a, str>> {
        self(req)
    }
}
