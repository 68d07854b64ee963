//! A response body with the call attached to it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use gusset_core::{CallObserver, CallTracker, End, Failure, Protocol, Stage};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{Http, HttpClassifier};

pin_project! {
    /// A response body with the call attached to it. The call ends when the body does.
    ///
    /// Forwards every frame, `size_hint` and `is_end_stream` unchanged, so that the bytes on the wire
    /// are those of the service alone.
    ///
    /// The default body belongs to no call:
    ///
    /// ```
    /// use gusset_http::{HttpServerClassifier, ObservedBody};
    ///
    /// let body = ObservedBody::<String, HttpServerClassifier, ()>::default();
    /// assert_eq!(body.get_ref(), "");
    /// ```
    pub struct ObservedBody<B, R, C>
    where
        R: HttpClassifier,
        C: CallObserver<Http<R>>,
    {
        #[pin]
        inner: B,
        track: CallTracker<Http<R>, C>,
        // The bytes of the declared length that were not sent yet, or `UNDECLARED` or `DECODED`.
        remaining: u64,
    }
}

/// Stands for a body without a declared length. It is never reached, so one comparison with zero
/// serves both cases.
const UNDECLARED: u64 = u64::MAX;

/// Stands for gRPC-Web that a layer inside may have decoded: `content-length` and `is_end_stream` are
/// those of what was received, so trailers may follow them.
const DECODED: u64 = u64::MAX - 1;

// === impl ObservedBody ===

impl<B: Body, R: HttpClassifier, C: CallObserver<Http<R>>> ObservedBody<B, R, C> {
    #[inline]
    pub(crate) fn new(inner: B, track: CallTracker<Http<R>, C>, declared: Option<u64>) -> Self {
        let remaining = declared.map_or(UNDECLARED, |length| length.min(DECODED - 1));
        Self::with_remaining(inner, track, remaining)
    }

    /// Creates the body of a response of gRPC-Web.
    pub(crate) fn decoded(inner: B, track: CallTracker<Http<R>, C>) -> Self {
        Self::with_remaining(inner, track, DECODED)
    }

    #[inline]
    fn with_remaining(inner: B, mut track: CallTracker<Http<R>, C>, remaining: u64) -> Self {
        if track.is_active() {
            report_progress(&mut track, inner.is_end_stream(), remaining);
        }
        Self {
            inner,
            track,
            remaining,
        }
    }
}

impl<B, R, C> ObservedBody<B, R, C>
where
    R: HttpClassifier,
    C: CallObserver<Http<R>>,
{
    /// Returns the body of the service.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B, R, C> Body for ObservedBody<B, R, C>
where
    B: Body,
    B::Error: 'static,
    R: HttpClassifier,
    C: CallObserver<Http<R>>,
{
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let mut poll = this.track.poll_guard();
        poll.enter();
        let waker = poll.waker(cx.waker());
        let polled = match &waker {
            Some(waker) => {
                let mut cx = Context::from_waker(waker);
                this.inner.as_mut().poll_frame(&mut cx)
            }
            None => this.inner.as_mut().poll_frame(cx),
        };
        // Before the end, after which its observer may use its memory again.
        drop(waker);
        poll.exit();
        drop(poll);
        if this.track.is_active() {
            match &polled {
                Poll::Pending => {}
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(data) = frame.data_ref() {
                        let len = data.remaining();
                        this.track.on_data(len);
                        if *this.remaining < DECODED {
                            match this.remaining.checked_sub(len as u64) {
                                Some(remaining) => *this.remaining = remaining,
                                None => this.track.end(length_mismatch()),
                            }
                        }
                        let is_end = this.inner.is_end_stream();
                        report_progress(this.track, is_end, *this.remaining);
                    } else if let Some(trailers) = frame.trailers_ref() {
                        this.track.end(match end_of_body(*this.remaining) {
                            End::Complete(_) => End::Complete(Some(trailers)),
                            mismatch => mismatch,
                        });
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.track
                        .end(End::Failed(Stage::Body, Http::<R>::failure(error)));
                }
                Poll::Ready(None) => this.track.end(end_of_body(*this.remaining)),
            }
        }
        polled
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default, R: HttpClassifier, C: CallObserver<Http<R>>> Default for ObservedBody<B, R, C> {
    fn default() -> Self {
        Self {
            inner: B::default(),
            track: CallTracker::disabled(),
            remaining: UNDECLARED,
        }
    }
}

impl<B: fmt::Debug, R: HttpClassifier, C: CallObserver<Http<R>>> fmt::Debug
    for ObservedBody<B, R, C>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedBody")
            .field("inner", &self.inner)
            .field("track", &self.track)
            .finish_non_exhaustive()
    }
}

/// Reports the end of a body that announces it, or that the rest of it is not needed.
#[inline]
fn report_progress<R: HttpClassifier, C: CallObserver<Http<R>>>(
    track: &mut CallTracker<Http<R>, C>,
    is_end_stream: bool,
    remaining: u64,
) {
    if is_end_stream && remaining != DECODED {
        track.end(end_of_body(remaining));
    } else if is_end_stream || remaining == 0 {
        track.mark_delivered();
    }
}

/// Returns the end of a body at its end. It is complete if the declared length was sent: a client
/// sees a shorter body as aborted.
#[inline]
fn end_of_body<'a, R: HttpClassifier>(remaining: u64) -> End<'a, Http<R>> {
    if remaining == 0 || remaining >= DECODED {
        End::Complete(None)
    } else {
        length_mismatch()
    }
}

fn length_mismatch<'a, R: HttpClassifier>() -> End<'a, Http<R>> {
    End::Failed(Stage::Body, Failure::length_mismatch())
}
