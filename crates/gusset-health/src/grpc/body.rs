//! The body of an answer: one message, or one for each change; then trailers.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};

use super::watch::{Step, Watch};
use super::{GrpcHealth, Rejection, message};

/// The body of a [`GrpcHealth`]'s answer.
pub struct GrpcHealthBody(State);

enum State {
    Once(Option<Bytes>),
    Watching(Watch),
    Trailers(HeaderMap),
    End,
}

// === impl GrpcHealthBody ===

impl GrpcHealthBody {
    pub(super) fn empty() -> Self {
        Self(State::End)
    }

    pub(super) fn once(message: Bytes) -> Self {
        Self(State::Once(Some(message)))
    }

    pub(super) fn watch(grpc: GrpcHealth, service: String) -> Self {
        Self(State::Watching(Watch::new(grpc, service)))
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
            State::Once(message) => {
                let message = message.take().unwrap_or_default();
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static("0"));
                *state = State::Trailers(trailers);
                Frame::data(message)
            }
            State::Watching(watch) => match ready!(watch.poll_step(cx)) {
                Step::Is(serving) => Frame::data(message::status(serving)),
                Step::Over => {
                    let mut trailers = HeaderMap::new();
                    Rejection(14, "stopping").tell(&mut trailers);
                    *state = State::End;
                    Frame::trailers(trailers)
                }
            },
            State::Trailers(trailers) => {
                let trailers = std::mem::take(trailers);
                *state = State::End;
                Frame::trailers(trailers)
            }
            State::End => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, State::End)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Once(message) => {
                SizeHint::with_exact(message.as_ref().map_or(0, Bytes::len) as u64)
            }
            State::Watching(_) => SizeHint::default(),
            State::Trailers(_) | State::End => SizeHint::with_exact(0),
        }
    }
}

impl fmt::Debug for GrpcHealthBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrpcHealthBody")
    }
}
