use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::rejection_slot;
use crate::{CallObserver, CallTracker, End, Protocol, ProtocolResponse, Stage};

pin_project! {
    /// The future of an observed call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ObserveFuture<F, P, C>
    where
        P: Protocol,
        C: CallObserver<P>,
    {
        // Before the tracker: what the service drops is dropped before the call ends.
        #[pin]
        inner: F,
        track: CallTracker<P, C>,
    }
}

// === impl ObserveFuture ===

impl<F, P: Protocol, C: CallObserver<P>> ObserveFuture<F, P, C> {
    #[inline]
    pub(crate) fn new(inner: F, track: CallTracker<P, C>) -> Self {
        Self { inner, track }
    }
}

impl<F, P, C, Res, E> Future for ObserveFuture<F, P, C>
where
    F: Future<Output = Result<Res, E>>,
    E: 'static,
    P: ProtocolResponse<Res>,
    C: CallObserver<P>,
{
    type Output = Result<P::Tracked<C>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        rejection_slot::clear();
        let mut poll = this.track.poll_guard();
        poll.enter_with_request();
        let waker = poll.waker(cx.waker());
        let polled = match &waker {
            Some(waker) => this.inner.poll(&mut Context::from_waker(waker)),
            None => this.inner.poll(cx),
        };
        // Before the end, after which its observer may use its memory again.
        drop(waker);
        poll.exit();
        drop(poll);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(res)) => Poll::Ready(Ok(P::attach(res, std::mem::take(this.track)))),
            Poll::Ready(Err(error)) => {
                let rejection = rejection_slot::find::<E>();
                let failure = P::failure(&error).with_rejection(rejection.as_ref());
                this.track.end(End::Failed(Stage::Headers, failure));
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<F: fmt::Debug, P: Protocol, C: CallObserver<P>> fmt::Debug for ObserveFuture<F, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveFuture")
            .field("inner", &self.inner)
            .field("track", &self.track)
            .finish()
    }
}
