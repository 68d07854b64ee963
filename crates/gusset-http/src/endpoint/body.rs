//! The body of an endpoint's response: in memory, or a stream.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

/// The body of a response of an [`Endpoint`](crate::Endpoint).
///
/// ```
/// use gusset_http::EndpointBody;
///
/// let whole = EndpointBody::from("alive");
/// assert!(!whole.is_stream());
/// ```
pub struct EndpointBody(Kind);

enum Kind {
    Whole(Full<Bytes>),
    Stream(Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>),
}

/// The response of an [`Endpoint`](crate::Endpoint): `Response<Full<Bytes>>` from memory, or
/// `Response<EndpointBody>` for one that may be a stream.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the response of an endpoint",
    label = "not a response with a body in memory or a stream",
    note = "return `Response<Full<Bytes>>` or `Response<EndpointBody>`"
)]
pub trait EndpointResponse {
    /// Returns the response with one type of body.
    fn into_response(self) -> Response<EndpointBody>;
}

// === impl EndpointBody ===

impl EndpointBody {
    /// Creates a body that is sent while it is made, such as server-sent events.
    ///
    /// It is polled on the server's executor, must not block, and ends with its client: it is dropped when the client
    /// leaves. A management server may drop it at any time, to admit other clients or to stop.
    pub fn stream(body: impl Body<Data = Bytes, Error = Infallible> + Send + 'static) -> Self {
        Self(Kind::Stream(Box::pin(body)))
    }

    /// Returns whether it was created by [`stream`](Self::stream).
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Kind::Stream(_))
    }
}

impl Body for EndpointBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Kind::Whole(body) => Pin::new(body).poll_frame(cx),
            Kind::Stream(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => body.size_hint(),
            Kind::Stream(body) => body.size_hint(),
        }
    }
}

impl<B: Into<Bytes>> From<B> for EndpointBody {
    fn from(body: B) -> Self {
        Self(Kind::Whole(Full::new(body.into())))
    }
}

impl EndpointResponse for Response<EndpointBody> {
    fn into_response(self) -> Self {
        self
    }
}

impl EndpointResponse for Response<Full<Bytes>> {
    fn into_response(self) -> Response<EndpointBody> {
        self.map(|body| EndpointBody(Kind::Whole(body)))
    }
}

impl fmt::Debug for EndpointBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Whole(body) => f.debug_tuple("EndpointBody").field(body).finish(),
            Kind::Stream(_) => f.write_str("EndpointBody(stream)"),
        }
    }
}
