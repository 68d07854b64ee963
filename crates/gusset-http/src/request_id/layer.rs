use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;

use super::SetRequestId;

/// A layer that sets the id of each request.
///
/// It is the client's `x-request-id`, if that has at most 128 letters, digits and `-._~:+/=@`. It is
/// otherwise a new UUID of version 7.
///
/// The id is in the header and the extensions of the request ([`RequestId`](crate::RequestId)) and in
/// the header of the response. Place the layer outside the observers: spans and log entries then
/// have the id, and client layers of `gusset-trace` forward it.
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
    /// Creates a layer with the header `x-request-id`.
    pub fn new() -> Self {
        Self {
            header: Arc::new(HeaderName::from_static("x-request-id")),
        }
    }

    /// Sets the header. Defaults to `x-request-id`.
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
