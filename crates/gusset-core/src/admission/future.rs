use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::observe::ObserveFuture;
use crate::rejection_slot;
use crate::{CallObserver, CallTracker, End, Protocol, ProtocolResponse, Rejected, Stage};

pin_project! {
    /// The future of a call behind an admission policy.
    #[must_use = "futures do nothing unless polled"]
    pub struct AdmissionFuture<F, P, C, Res, E>
    where
        P: Protocol,
        C: CallObserver<P>,
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
        C: CallObserver<P>,
    {
        Admitted { #[pin] inner: ObserveFuture<F, P, C> },
        // The call is that of observers in the same driver, if there are any.
        Rejected { answer: Option<Result<Res, E>>, rejected: Option<Rejected>, track: CallTracker<P, C> },
    }
}

// === impl AdmissionFuture ===

impl<F, P: Protocol, C: CallObserver<P>, Res, E> AdmissionFuture<F, P, C, Res, E> {
    pub(super) fn admitted(inner: ObserveFuture<F, P, C>) -> Self {
        Self {
            state: State::Admitted { inner },
        }
    }

    pub(super) fn rejected(
        answer: Result<Res, E>,
        rejected: Option<Rejected>,
        track: CallTracker<P, C>,
    ) -> Self {
        Self {
            state: State::Rejected {
                answer: Some(answer),
                rejected,
                track,
            },
        }
    }
}

impl<F, P, C, Res, E> Future for AdmissionFuture<F, P, C, Res, E>
where
    F: Future<Output = Result<Res, E>>,
    E: 'static,
    P: ProtocolResponse<Res>,
    C: CallObserver<P>,
{
    type Output = Result<P::Tracked<C>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Admitted { inner } => inner.poll(cx),
            StateProj::Rejected {
                answer,
                rejected,
                track,
            } => {
                let answer = answer
                    .take()
                    .expect("futures are not polled after they are ready");
                rejection_slot::clear();
                Poll::Ready(match answer {
                    Ok(res) => Ok(P::attach(res, std::mem::take(track))),
                    Err(error) => {
                        let failure = P::failure(&error).with_rejection(rejected.as_ref());
                        track.end(End::Failed(Stage::Headers, failure));
                        // For observers further out.
                        if let Some(rejected) = rejected.take() {
                            rejection_slot::set::<E>(rejected);
                        }
                        Err(error)
                    }
                })
            }
        }
    }
}

impl<F, P: Protocol, C: CallObserver<P>, Res, E> fmt::Debug for AdmissionFuture<F, P, C, Res, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("AdmissionFuture")
            .field("admitted", &admitted)
            .finish_non_exhaustive()
    }
}
