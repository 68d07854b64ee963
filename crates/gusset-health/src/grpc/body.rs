//! The response body: one message or a stream of messages, then trailers.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};

use super::error::GrpcError;
use super::message;
use super::watch::{WatchEvent, WatchStream};

/// The response body of a [`GrpcHealth`](super::GrpcHealth).
pub struct GrpcHealthBody(BodyState);

enum BodyState {
    Message(Option<Bytes>),
    Watching(WatchStream),
    Trailers(HeaderMap),
    End,
}

// === impl GrpcHealthBody ===

impl GrpcHealthBody {
    pub(super) fn empty() -> Self {
        Self(BodyState::End)
    }

    pub(super) fn message(message: Bytes) -> Self {
        Self(BodyState::Message(Some(message)))
    }

    pub(super) fn watch(stream: WatchStream) -> Self {
        Self(BodyState::Watching(stream))
    }
}

impl Body for GrpcHealthBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let state = &mut self.0;
        let frame = match state {
            BodyState::Message(message) => {
                let message = message.take().unwrap_or_default();
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static("0"));
                *state = BodyState::Trailers(trailers);
                Frame::data(message)
            }
            BodyState::Watching(stream) => match ready!(stream.poll_next(cx)) {
                WatchEvent::Status(status) => Frame::data(message::health_response(status)),
                WatchEvent::End => {
                    let mut trailers = HeaderMap::new();
                    GrpcError::STOPPING.insert_into(&mut trailers);
                    *state = BodyState::End;
                    Frame::trailers(trailers)
                }
            },
            BodyState::Trailers(trailers) => {
                let trailers = std::mem::take(trailers);
                *state = BodyState::End;
                Frame::trailers(trailers)
            }
            BodyState::End => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, BodyState::End)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodyState::Message(message) => {
                SizeHint::with_exact(message.as_ref().map_or(0, Bytes::len) as u64)
            }
            BodyState::Watching(_) => SizeHint::default(),
            BodyState::Trailers(_) | BodyState::End => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for GrpcHealthBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrpcHealthBody")
    }
}
