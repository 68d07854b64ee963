//! The route of a request: a template, never a path.

mod layer;

use std::fmt;
use std::sync::Arc;

pub use self::layer::{PropagateRoute, PropagateRouteLayer};
use crate::{RequestHead, ResponseHead};

/// The route of a request: a template such as `/items/{id}`, never the path.
///
/// In axum, the router's `MatchedPath` is the route (feature `axum`). Other services add this type to
/// the extensions of the request before it reaches the layer, or to those of the response. The
/// response's route has precedence.
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
    /// Creates a route from a static template.
    pub const fn new(template: &'static str) -> Self {
        Self(Text::Static(template))
    }

    /// Creates a route from a template that is known at run time.
    pub fn from_arc(template: impl Into<Arc<str>>) -> Self {
        Self(Text::Shared(template.into()))
    }

    /// Returns the template.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
            #[cfg(feature = "axum")]
            Text::Matched(matched) => matched.as_str(),
        }
    }

    /// Returns the route of a request, to be kept after the request is gone. Copies no text.
    ///
    /// ```
    /// use gusset_http::{RequestHead, Route};
    ///
    /// let mut request = http::Request::new(());
    /// request.extensions_mut().insert(Route::new("/items/{id}"));
    /// let route = Route::to_owned(RequestHead::from(&request)).expect("it was added");
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

    /// Returns the route of a request: the one that axum's router matched, or else the one that the
    /// service added.
    #[inline]
    pub fn from_request(req: RequestHead<'_>) -> Option<&str> {
        #[cfg(feature = "axum")]
        if let Some(matched) = req.extensions.get::<axum::extract::MatchedPath>() {
            return Some(matched.as_str());
        }
        req.extensions.get::<Self>().map(Self::as_str)
    }

    /// Returns the route that the service added to a response.
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
