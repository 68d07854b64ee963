//! The second placement: pending in `poll_ready` while the breaker is open, for balancers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use crate::Breaker;

/// Makes a service *not ready* while its breaker refuses, so that a balancer calls another one.
///
/// The explicit alternative to refusing: behind a balancer that asks each service whether it is
/// ready. Anywhere else it would make callers wait for an outage to end. Put it over a layer of the
/// same breaker, whose guard still has the last word: readiness is a forecast, no permit is held
/// between `poll_ready` and `call`, and of several that were told they are ready for the last
/// probe, all but one are refused. Clones share the breaker, and no readiness.
///
/// It is woken when the breaker moves or a probe's permit comes back, and, by the timer that it is
/// given, when the time is over.
///
/// ```
/// use gusset_breaker::{Breaker, PendLayer};
/// use std::time::Duration;
///
/// let breaker = Breaker::builder("stock").build()?;
/// # fn sleep(_: Duration) -> std::future::Pending<()> { std::future::pending() }
/// // `tokio::time::sleep`, say.
/// let layer = (PendLayer::new(&breaker, sleep), breaker.http_client());
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct PendLayer<T> {
    breaker: Breaker,
    sleep: T,
}

/// A service that is not ready while its breaker refuses. Made by [`PendLayer`].
pub struct Pend<S, T, F> {
    inner: S,
    breaker: Breaker,
    sleep: T,
    /// Under way while it is pending.
    timer: Option<Pin<Box<F>>>,
    /// Its place among those that wait; none until it waits.
    place: Option<u64>,
}

static PLACES: AtomicU64 = AtomicU64::new(0);

// === impl PendLayer ===

impl<T, F> PendLayer<T>
where
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    /// A layer for that breaker, with what sleeps for a time: `tokio::time::sleep`.
    pub fn new(breaker: &Breaker, sleep: T) -> Self {
        Self {
            breaker: breaker.clone(),
            sleep,
        }
    }
}

impl<S, T, F> Layer<S> for PendLayer<T>
where
    T: Fn(Duration) -> F + Clone,
    F: Future<Output = ()>,
{
    type Service = Pend<S, T, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Pend {
            inner,
            breaker: self.breaker.clone(),
            sleep: self.sleep.clone(),
            timer: None,
            place: None,
        }
    }
}

impl<T> fmt::Debug for PendLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendLayer")
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

// === impl Pend ===

impl<S, T, F> Pend<S, T, F>
where
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    /// Ready when a call would be admitted.
    fn poll_breaker(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let core = self.breaker.core();
        if core.word().is_closed() {
            self.rest();
            return Poll::Ready(());
        }
        let place = *self
            .place
            .get_or_insert_with(|| PLACES.fetch_add(1, Ordering::Relaxed));
        loop {
            // Waits before it looks: what changes in between wakes it.
            core.waiters.wait(place, cx.waker());
            let Some(shut) = core.would_refuse(core.now()) else {
                self.rest();
                return Poll::Ready(());
            };
            let Some(left) = shut.left else {
                // Only a hand ends it.
                self.timer = None;
                return Poll::Pending;
            };
            let sleep = &self.sleep;
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(sleep(left.max(Duration::from_millis(1)))));
            ready!(timer.as_mut().poll(cx));
            // Too early, or another move has lengthened it.
            self.timer = None;
        }
    }

    fn rest(&mut self) {
        self.timer = None;
        if let Some(place) = self.place.take() {
            self.breaker.core().waiters.leave(place);
        }
    }
}

impl<S, T, F, Req> Service<Req> for Pend<S, T, F>
where
    S: Service<Req>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // The service behind is not asked while it is open.
        ready!(self.poll_breaker(cx));
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        self.inner.call(req)
    }
}

impl<S: Clone, T: Clone, F> Clone for Pend<S, T, F> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            breaker: self.breaker.clone(),
            sleep: self.sleep.clone(),
            // It waits for itself, when it is asked.
            timer: None,
            place: None,
        }
    }
}

impl<S, T, F> Drop for Pend<S, T, F> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.breaker.core().waiters.leave(place);
        }
    }
}

impl<S: fmt::Debug, T, F> fmt::Debug for Pend<S, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pend")
            .field("inner", &self.inner)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
