//! The views of requests and responses that observers get.

use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

use crate::AttributeCache;

/// A request without its body, borrowed for the duration of one hook.
///
/// [`RequestAttributes`](crate::RequestAttributes) derives from it what telemetry reports.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method as sent: any token, so it must not become a label.
    pub method: &'a Method,
    /// The target as sent. The client chooses the path and the query.
    pub uri: &'a Uri,
    /// The version of HTTP.
    pub version: Version,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The data that the server and outer layers added to the request.
    pub extensions: &'a Extensions,
    /// The attributes that the observers of the call share. `None` outside of a driver.
    pub(crate) cache: Option<&'a AttributeCache>,
}

/// A response without its body, borrowed for the duration of one hook.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: StatusCode,
    /// The version of HTTP, as the service set it.
    pub version: Version,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The data that the handler and inner layers added to the response.
    pub extensions: &'a Extensions,
    /// The length of the body in bytes, if `content-length` or an exact size hint declares it.
    pub length: Option<u64>,
}

// === impl RequestHead ===

impl<'a> RequestHead<'a> {
    /// Returns the target that the server received, before axum's `Router::nest` took a prefix off its
    /// path (feature `original-uri`); otherwise the target.
    ///
    /// Of no use to a client: in a request that it forwards, it is the target of the request that the
    /// service received.
    #[inline]
    pub fn original_uri(self) -> &'a Uri {
        self.altered_target().unwrap_or(self.uri)
    }

    /// Returns the target before a router altered it. Outside of nested routers, only the first observer
    /// of a call looks it up.
    #[cfg(feature = "original-uri")]
    #[inline]
    fn altered_target(self) -> Option<&'a Uri> {
        let find = move || {
            let original = self.extensions.get::<axum::extract::OriginalUri>()?;
            // axum clones the target for every request. A clone has its path in the same memory.
            let is_same = std::ptr::eq(original.0.path(), self.uri.path());
            (!is_same).then_some(&original.0)
        };
        match self.cache {
            Some(cache) => cache.altered_target(find),
            None => find(),
        }
    }

    #[cfg(not(feature = "original-uri"))]
    #[inline]
    fn altered_target(self) -> Option<&'a Uri> {
        None
    }
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    #[inline]
    fn from(req: &'a Request<B>) -> Self {
        Self {
            method: req.method(),
            uri: req.uri(),
            version: req.version(),
            headers: req.headers(),
            extensions: req.extensions(),
            cache: None,
        }
    }
}

// === impl ResponseHead ===

impl<'a, B> From<&'a Response<B>> for ResponseHead<'a> {
    #[inline]
    fn from(res: &'a Response<B>) -> Self {
        Self {
            status: res.status(),
            version: res.version(),
            headers: res.headers(),
            extensions: res.extensions(),
            length: None,
        }
    }
}
