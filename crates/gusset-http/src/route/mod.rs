//! The route of a request: a template, never a path.

mod layer;
#[cfg(feature = "original-uri")]
mod mount_point;
mod url_template;

use std::fmt;
use std::sync::Arc;

pub use self::layer::{PropagateRoute, PropagateRouteLayer};
pub use self::url_template::UrlTemplate;
use crate::{RequestHead, ResponseHead, Side};

/// The route of a server's request: a template such as `/items/{id}`, never the path.
///
/// In axum, the router's `MatchedPath` is the route (feature `axum`). Other services add this type to
/// the extensions of the request before it reaches the layer, or to those of the response. The
/// response's route has precedence. A function can name routes too
/// ([`RequestOptions::with_route`](crate::RequestOptions::with_route)).
///
/// A service that axum mounts with `nest_service`, a static directory for example, has its mount point
/// as route (feature `original-uri`). axum does not state it, so finding it costs as much as routing the
/// request once more; only requests without a matched path pay this.
///
/// A client ignores the route: if it forwards a request, it would take the route of the service itself
/// for that of the remote one. It reads a [`UrlTemplate`].
///
/// ```
/// use gusset_http::{ResponseHead, Route, Side};
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Route::new("/items/{id}"));
/// let route = Route::from_response(ResponseHead::from(&response), Side::Server);
/// assert_eq!(route.map(Route::as_str), Some("/items/{id}"));
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
        let own = req.extensions.get::<Self>().cloned();
        #[cfg(feature = "original-uri")]
        let own = own.or_else(|| match req.cache {
            Some(cache) => cache.mount_point(|| mount_point::find(req)).cloned(),
            None => mount_point::find(req),
        });
        own
    }

    /// Returns the route of a request: the one that axum's router matched, or else the one that the
    /// service added.
    ///
    /// The mount point of a service is known only to the observers of a call. Elsewhere,
    /// [`to_owned`](Self::to_owned) finds it.
    #[inline]
    pub fn from_request(req: RequestHead<'_>) -> Option<&str> {
        #[cfg(feature = "axum")]
        if let Some(matched) = req.extensions.get::<axum::extract::MatchedPath>() {
            return Some(matched.as_str());
        }
        let own = req.extensions.get::<Self>();
        #[cfg(feature = "original-uri")]
        let own = own.or_else(|| req.cache?.mount_point(|| mount_point::find(req)));
        own.map(Self::as_str)
    }

    /// Returns the route that a server's service added to a response, or the [`UrlTemplate`] that a
    /// client's layers did.
    #[inline]
    pub fn from_response(res: ResponseHead<'_>, side: Side) -> Option<&Self> {
        match side {
            Side::Server => res.extensions.get(),
            Side::Client => res.extensions.get().map(UrlTemplate::as_route),
        }
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
