use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;

use super::SetRequestId;

/// A layer that gives each request an id: the caller's own in `x-request-id`, if that is at most 128
/// letters, digits and `-._~:+/=@`, else a new UUID of version 7.
///
/// The id is in the request's header and extensions ([`RequestId`](crate::RequestId)) and in the
/// response's header, and a client layer of `gusset-trace` sends it on with its requests.
/// Put it outside of the observers, and spans and lines of a log bear it too.
///
/// ```
/// use gusset_http::RequestIdLayer;
/// use http::HeaderName;
/// use tower_layer::Layer;
///
/// # let service = "a service";
/// let correlation = HeaderName::from_static("x-correlation-id");
/// let service = RequestIdLayer::new().header(correlation).layer(service);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing by itself"]
pub struct RequestIdLayer {
    header: Arc<HeaderName>,
}

// === impl RequestIdLayer ===

impl RequestIdLayer {
    /// Ids in `x-request-id`.
    pub fn new() -> Self {
        Self {
            header: Arc::new(HeaderName::from_static("x-request-id")),
        }
    }

    /// Ids in that header.
    pub fn header(mut self, header: HeaderName) -> Self {
        self.header = Arc::new(header);
        self
    }
}

impl Default for RequestIdLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for RequestIdLayer {
    type Service = SetRequestId<S>;

    fn layer(&self, inner: S) -> SetRequestId<S> {
        SetRequestId {
            inner,
            header: self.header.clone(),
        }
    }
}
