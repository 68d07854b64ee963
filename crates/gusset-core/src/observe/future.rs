use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::guard::mark;
use crate::{Call, Deliver, End, Protocol, Stage, Track};

pin_project! {
    /// The future of an observed call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ObserveFuture<F, P, C>
    where
        P: Protocol,
        C: Call<P>,
    {
        // Before the track: what the service drops, it drops before its end is told.
        #[pin]
        inner: F,
        track: Track<P, C>,
    }
}

// === impl ObserveFuture ===

impl<F, P: Protocol, C: Call<P>> ObserveFuture<F, P, C> {
    #[inline]
    pub(crate) fn new(inner: F, track: Track<P, C>) -> Self {
        Self { inner, track }
    }
}

impl<F, P, C, Res, E> Future for ObserveFuture<F, P, C>
where
    F: Future<Output = Result<Res, E>>,
    E: 'static,
    P: Deliver<Res>,
    C: Call<P>,
{
    type Output = Result<P::Tracked<C>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        mark::forget();
        match this.track.scope(|| this.inner.poll(cx)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(res)) => Poll::Ready(Ok(P::deliver(res, std::mem::take(this.track)))),
            Poll::Ready(Err(error)) => {
                let mark = mark::find::<E>();
                let failure = P::failure(&error).with_mark(mark.as_ref());
                this.track.end(End::Failed(Stage::Head, failure));
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<F: fmt::Debug, P: Protocol, C: Call<P>> fmt::Debug for ObserveFuture<F, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveFuture")
            .field("inner", &self.inner)
            .field("track", &self.track)
            .finish()
    }
}
