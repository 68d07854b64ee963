//! The body that knows when it has been delivered.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use gusset_core::{CallObserver, CallTracker, End, Failure, Protocol, Stage};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{Http, HttpClassifier};

pin_project! {
    /// A response's body with the call attached to it: the call ends when the body does.
    ///
    /// Passes on every frame, `size_hint` and `is_end_stream` as they are, so that the bytes on the
    /// wire are those of the bare service.
    ///
    /// One that belongs to no call is its default:
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
        // What is still owed of the declared length; `UNDECLARED` if none was.
        owed: u64,
    }
}

/// A length nobody can pay, so that one comparison serves both cases.
const UNDECLARED: u64 = u64::MAX;

// === impl ObservedBody ===

impl<B: Body, R: HttpClassifier, C: CallObserver<Http<R>>> ObservedBody<B, R, C> {
    #[inline]
    pub(crate) fn new(inner: B, mut track: CallTracker<Http<R>, C>, declared: Option<u64>) -> Self {
        let owed = declared.map_or(UNDECLARED, |length| length.min(UNDECLARED - 1));
        if track.is_active() {
            if inner.is_end_stream() {
                track.end(at_end(owed));
            } else if owed == 0 {
                track.mark_delivered();
            }
        }
        Self { inner, track, owed }
    }
}

impl<B, R, C> ObservedBody<B, R, C>
where
    R: HttpClassifier,
    C: CallObserver<Http<R>>,
{
    /// The service's own body.
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
        let polled = this.track.in_scope(|| this.inner.as_mut().poll_frame(cx));
        if this.track.is_active() {
            match &polled {
                Poll::Pending => {}
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(data) = frame.data_ref() {
                        let len = data.remaining();
                        this.track.on_data(len);
                        if *this.owed != UNDECLARED {
                            match this.owed.checked_sub(len as u64) {
                                Some(owed) => *this.owed = owed,
                                None => this.track.end(mismatch()),
                            }
                        }
                        if this.inner.is_end_stream() {
                            this.track.end(at_end(*this.owed));
                        } else if *this.owed == 0 {
                            this.track.mark_delivered();
                        }
                    } else if let Some(trailers) = frame.trailers_ref() {
                        this.track.end(match at_end(*this.owed) {
                            End::Complete(_) => End::Complete(Some(trailers)),
                            short => short,
                        });
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.track
                        .end(End::Failed(Stage::Body, Http::<R>::failure(error)));
                }
                Poll::Ready(None) => this.track.end(at_end(*this.owed)),
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
            owed: UNDECLARED,
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

/// The end of a body that says it is at its end: complete, if it gave what its head declared. A
/// caller of the service sees a body that fell short as broken off, so it is not called complete.
#[inline]
fn at_end<'a, R: HttpClassifier>(owed: u64) -> End<'a, Http<R>> {
    if owed == 0 || owed == UNDECLARED {
        End::Complete(None)
    } else {
        mismatch()
    }
}

fn mismatch<'a, R: HttpClassifier>() -> End<'a, Http<R>> {
    End::Failed(Stage::Body, Failure::length_mismatch())
}
