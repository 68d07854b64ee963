//! The name of a route: a template, never a path.

mod layer;

use std::fmt;
use std::sync::Arc;

pub use self::layer::{PropagateRoute, PropagateRouteLayer};
use crate::{RequestHead, ResponseHead};

/// The name of the route that a call took: a template such as `/items/{id}`, never the path.
///
/// In axum the router's own `MatchedPath` serves (feature `axum`). Elsewhere a service names the
/// route with this type, in the extensions of the request before the layer sees it, or in those of
/// the response, where a handler or an inner layer finds it easier; the response's wins.
///
/// ```
/// use gusset_http::{ResponseHead, Route};
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Route::new("/items/{id}"));
/// assert_eq!(Route::from_response(ResponseHead::from(&response)), Some("/items/{id}"));
/// ```
#[derive(Clone)]
pub struct Route(Text);

#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

// === impl Route ===

impl Route {
    /// A route known when the program is compiled.
    pub const fn new(template: &'static str) -> Self {
        Self(Text::Static(template))
    }

    /// A route known when the program is running.
    pub fn from_arc(template: impl Into<Arc<str>>) -> Self {
        Self(Text::Shared(template.into()))
    }

    /// The template.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
            #[cfg(feature = "axum")]
            Text::Matched(matched) => matched.as_str(),
        }
    }

    /// As [`from_request`](Self::from_request), to be kept after the request is gone. Copies no text.
    ///
    /// ```
    /// use gusset_http::{RequestHead, Route};
    ///
    /// let mut request = http::Request::new(());
    /// request.extensions_mut().insert(Route::new("/items/{id}"));
    /// let route = Route::to_owned(RequestHead::from(&request)).expect("it was named");
    /// drop(request);
    /// assert_eq!(route.as_str(), "/items/{id}");
    /// ```
    #[inline]
    pub fn to_owned(req: RequestHead<'_>) -> Option<Self> {
        #[cfg(feature = "axum")]
        if let Some(matched) = req.extensions.get::<axum::extract::MatchedPath>() {
            return Some(Self(Text::Matched(matched.clone())));
        }
        req.extensions.get::<Self>().cloned()
    }

    /// The route that a request bears: matched by axum's router, else named by the service.
    #[inline]
    pub fn from_request(req: RequestHead<'_>) -> Option<&str> {
        #[cfg(feature = "axum")]
        if let Some(matched) = req.extensions.get::<axum::extract::MatchedPath>() {
            return Some(matched.as_str());
        }
        req.extensions.get::<Self>().map(Self::as_str)
    }

    /// The route that a response bears.
    #[inline]
    pub fn from_response(res: ResponseHead<'_>) -> Option<&str> {
        res.extensions.get::<Self>().map(Self::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.as_str()).finish()
    }
}
