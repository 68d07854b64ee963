use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::mark;
use crate::observe::ObserveFuture;
use crate::{Call, Deliver, Protocol, Refused, Track};

pin_project! {
    /// The future of a guarded call.
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<F, P, C, Res, E>
    where
        P: Protocol,
        C: Call<P>,
    {
        #[pin]
        state: State<F, P, C, Res, E>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, P, C, Res, E>
    where
        P: Protocol,
        C: Call<P>,
    {
        Admitted { #[pin] inner: ObserveFuture<F, P, C> },
        Refused { answer: Option<Result<Res, E>>, mark: Option<Refused> },
    }
}

// === impl GuardFuture ===

impl<F, P: Protocol, C: Call<P>, Res, E> GuardFuture<F, P, C, Res, E> {
    pub(super) fn admitted(inner: ObserveFuture<F, P, C>) -> Self {
        Self {
            state: State::Admitted { inner },
        }
    }

    pub(super) fn refused(answer: Result<Res, E>, mark: Option<Refused>) -> Self {
        Self {
            state: State::Refused {
                answer: Some(answer),
                mark,
            },
        }
    }
}

impl<F, P, C, Res, E> Future for GuardFuture<F, P, C, Res, E>
where
    F: Future<Output = Result<Res, E>>,
    E: 'static,
    P: Deliver<Res>,
    C: Call<P>,
{
    type Output = Result<P::Tracked<C>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Admitted { inner } => inner.poll(cx),
            StateProj::Refused { answer, mark } => {
                let answer = answer
                    .take()
                    .expect("futures are not polled after they are ready");
                if let (Err(_), Some(mark)) = (&answer, mark.take()) {
                    mark::leave::<E>(mark);
                }
                Poll::Ready(answer.map(|res| P::deliver(res, Track::idle())))
            }
        }
    }
}

impl<F, P: Protocol, C: Call<P>, Res, E> fmt::Debug for GuardFuture<F, P, C, Res, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("GuardFuture")
            .field("admitted", &admitted)
            .finish_non_exhaustive()
    }
}
