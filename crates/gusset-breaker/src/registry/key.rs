//! The keys of calls.

use std::borrow::Cow;
use std::sync::Arc;

use gusset_core::Protocol;
#[allow(unused_imports, reason = "for the documentation")]
use gusset_http::UrlTemplate;
use gusset_http::{Http, HttpClassifier, RequestHead, RequestOptions};

#[allow(unused_imports, reason = "for the documentation")]
use crate::BreakerRegistry;

/// Extracts the key by which a [`BreakerRegistry`] finds the breaker of a call.
///
/// For HTTP, implemented by functions of the request headers, such as [`by_host`], and by [`ByRoute`].
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

/// Extracts the route of a request: what the router of a server matched, or the [`UrlTemplate`] that a
/// client has set.
///
/// A client does not read the route of a request that its service received and forwards. Requests
/// without a route or template use the fallback breaker. Templates do not contain the host: a client of
/// several services needs a key extractor of its own, or a registry for each service.
///
/// ```
/// use gusset_breaker::{BreakerRegistry, ByRoute, classify::HttpFailures};
/// use gusset_http::{Http, HttpClientClassifier};
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let stock = BreakerRegistry::builder("stock").build()?;
/// let layer = stock.layer::<Http<HttpClientClassifier>, _, _>(HttpFailures, ByRoute::new());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ByRoute {
    options: Arc<RequestOptions>,
}

// === impl ByRoute ===

impl ByRoute {
    /// Creates the key extractor.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the options by which the route is read, so that a breaker and the signals of its calls agree about a
    /// route that a function names. Defaults to no function.
    ///
    /// ```
    /// use gusset_breaker::ByRoute;
    /// use gusset_http::{RequestHead, RequestOptions};
    /// use std::sync::Arc;
    ///
    /// /// Returns the route, also for `gusset::http_client().route(route)`.
    /// fn route(req: RequestHead<'_>) -> Option<&str> {
    ///     req.uri.path().starts_with("/items/").then_some("/items/{id}")
    /// }
    ///
    /// let options = RequestOptions::default().with_route(route);
    /// let key = ByRoute::new().request_options(Arc::new(options));
    /// ```
    #[must_use]
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }
}

impl<R: HttpClassifier> KeyExtractor<Http<R>> for ByRoute {
    fn extract<'a>(&self, req: <Http<R> as Protocol>::Request<'a>) -> Option<Cow<'a, str>> {
        self.options.route(req, R::SIDE).map(Cow::Borrowed)
    }
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
