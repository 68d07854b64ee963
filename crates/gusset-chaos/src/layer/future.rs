//! The future of a call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::errors::MakeError;
use super::injected_call::InjectedCall;
use super::kind::CallKind;

pin_project! {
    /// The response future of a [`ChaosService`](crate::ChaosService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ChaosFuture<S, Req, K, M>
    where
        S: Service<Req>,
    {
        #[pin]
        state: State<S, Req, K, M>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Req, K, M>
    where
        S: Service<Req>,
    {
        Untouched { #[pin] inner: S::Future },
        // In a box, so that a future that is not touched is not larger.
        Injected { call: Box<InjectedCall<S, Req, K, M>> },
    }
}

// === impl ChaosFuture ===

impl<S: Service<Req>, Req, K, M> ChaosFuture<S, Req, K, M> {
    #[inline]
    pub(super) fn untouched(inner: S::Future) -> Self {
        Self {
            state: State::Untouched { inner },
        }
    }

    pub(super) fn injected(call: InjectedCall<S, Req, K, M>) -> Self {
        let call = Box::new(call);
        Self {
            state: State::Injected { call },
        }
    }
}

impl<S, Req, K, M> Future for ChaosFuture<S, Req, K, M>
where
    S: Service<Req>,
    K: CallKind<Req, S::Response>,
    M: MakeError<S::Error>,
{
    type Output = Result<K::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Untouched { inner } => {
                inner.poll(cx).map(|result| result.map(K::untouched))
            }
            StateProjection::Injected { call } => call.poll(cx),
        }
    }
}

impl<S: Service<Req>, Req, K, M> fmt::Debug for ChaosFuture<S, Req, K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Untouched { .. } => "untouched",
            State::Injected { .. } => "injected",
        };
        f.debug_tuple("ChaosFuture").field(&state).finish()
    }
}
