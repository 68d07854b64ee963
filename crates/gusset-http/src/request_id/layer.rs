use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;

use super::SetRequestId;

/// A layer that sets the id of each request.
///
/// It is the client's `x-request-id`, if that has at most 128 letters, digits and `-._~:+/=@`. It is
/// otherwise a new UUID of version 7.
///
/// The id is in the header of the response. A handler reads it with
/// [`current_request_id`](crate::current_request_id), or as an argument of the type
/// [`RequestId`](crate::RequestId) with axum. The header of the request has it if the client sent one, and otherwise
/// with [`in_request_header`](Self::in_request_header); its extensions have it with
/// [`in_extensions`](Self::in_extensions). Place the layer outside the observers: spans and log entries
/// then have the id, and client layers of `gusset-trace` forward it.
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
    in_request_header: bool,
    in_extensions: bool,
}

// === impl RequestIdLayer ===

impl RequestIdLayer {
    /// Creates a layer with the header `x-request-id`.
    pub fn new() -> Self {
        Self {
            header: Arc::new(HeaderName::from_static("x-request-id")),
            in_request_header: false,
            in_extensions: false,
        }
    }

    /// Sets the header. Defaults to `x-request-id`.
    pub fn header(mut self, header: HeaderName) -> Self {
        self.header = Arc::new(header);
        self
    }

    /// Adds a new id to the headers of the request too, for a handler that reads it there or forwards all
    /// headers. Defaults to off: one more header makes the map of most requests grow, which costs more than the
    /// id.
    ///
    /// ```
    /// let layer = gusset_http::RequestIdLayer::new().in_request_header();
    /// ```
    pub fn in_request_header(mut self) -> Self {
        self.in_request_header = true;
        self
    }

    /// Adds the id to the extensions of the request too, for code that has the request and is not polled within it:
    /// observers behind a `tower::buffer`, or a task. Defaults to off: it costs two allocations.
    ///
    /// ```
    /// let layer = gusset_http::RequestIdLayer::new().in_extensions();
    /// ```
    pub fn in_extensions(mut self) -> Self {
        self.in_extensions = true;
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
            in_request_header: self.in_request_header,
            in_extensions: self.in_extensions,
        }
    }
}
