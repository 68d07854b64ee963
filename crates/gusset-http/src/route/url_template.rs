use std::sync::Arc;

use super::Route;
use crate::RequestHead;

/// `url.template` of a client's request: the template of its path, such as `/items/{id}`.
///
/// The client adds it to the extensions of the request, or a layer inside to those of the response,
/// which has precedence. It is a type of its own, because a service that forwards a request sends it
/// with all of its extensions: a [`Route`] or axum's `MatchedPath` in them is that of the service.
///
/// ```
/// use gusset_http::{RequestAttributes, RequestHead, RequestOptions, Side, UrlTemplate};
///
/// let mut request = http::Request::get("https://stock.internal/items/7").body(()).unwrap();
/// request.extensions_mut().insert(UrlTemplate::new("/items/{id}"));
/// let options = RequestOptions::default();
/// let attributes = RequestAttributes::new(RequestHead::from(&request), Side::Client, &options);
/// assert_eq!(attributes.route(), Some("/items/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(Route);

// === impl UrlTemplate ===

impl UrlTemplate {
    /// Creates a template from a static text.
    pub const fn new(template: &'static str) -> Self {
        Self(Route::new(template))
    }

    /// Creates a template from a text that is known at run time.
    pub fn from_arc(template: impl Into<Arc<str>>) -> Self {
        Self(Route::from_arc(template))
    }

    /// Returns the template.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the template that a client's request has.
    #[inline]
    pub fn from_request(req: RequestHead<'_>) -> Option<&Self> {
        req.extensions.get()
    }

    /// Returns the template as the route of a client's request.
    #[inline]
    pub fn as_route(&self) -> &Route {
        &self.0
    }
}
