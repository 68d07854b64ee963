//! A service that is pending in `poll_ready` while its breaker is open, for load balancers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use crate::CircuitBreaker;

/// Makes a service *not ready* while its breaker rejects calls, so that a load balancer uses another
/// one.
///
/// Only for services behind a load balancer that polls each of them. Anywhere else, clients would wait
/// until the outage ends. Put it around a layer of the same breaker. That layer still decides, because
/// `poll_ready` reserves no permit: of several ready services, only one gets the last half-open permit.
///
/// The task is woken by a transition, a released half-open permit, or the timer. Clones share the
/// breaker, and poll for readiness on their own.
///
/// ```
/// use gusset_breaker::{CircuitBreaker, ReadinessGateLayer};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::builder("stock").build()?;
/// # fn sleep(_: Duration) -> std::future::Pending<()> { std::future::pending() }
/// // For example with `tokio::time::sleep`.
/// let layer = (ReadinessGateLayer::new(&breaker, sleep), breaker.http_client());
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ReadinessGateLayer<T> {
    breaker: CircuitBreaker,
    sleep: T,
}

/// A service that is not ready while its breaker rejects calls. Created by [`ReadinessGateLayer`].
pub struct ReadinessGate<S, T, F> {
    inner: S,
    breaker: CircuitBreaker,
    sleep: T,
    /// Set while the service is pending.
    timer: Option<Pin<Box<F>>>,
    /// The id of this service among the waiters. Set while the service is pending.
    waiter: Option<u64>,
}

static NEXT_WAITER: AtomicU64 = AtomicU64::new(0);

// === impl ReadinessGateLayer ===

impl<T, F> ReadinessGateLayer<T>
where
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    /// Creates a layer with a function that returns a timer, such as `tokio::time::sleep`.
    pub fn new(breaker: &CircuitBreaker, sleep: T) -> Self {
        Self {
            breaker: breaker.clone(),
            sleep,
        }
    }
}

impl<S, T, F> Layer<S> for ReadinessGateLayer<T>
where
    T: Fn(Duration) -> F + Clone,
    F: Future<Output = ()>,
{
    type Service = ReadinessGate<S, T, F>;

    fn layer(&self, inner: S) -> Self::Service {
        ReadinessGate {
            inner,
            breaker: self.breaker.clone(),
            sleep: self.sleep.clone(),
            timer: None,
            waiter: None,
        }
    }
}

impl<T> fmt::Debug for ReadinessGateLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadinessGateLayer")
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

// === impl ReadinessGate ===

impl<S, T, F> ReadinessGate<S, T, F>
where
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    /// Polls until a call would be admitted.
    fn poll_breaker(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let core = self.breaker.core();
        if core.packed().is_closed() {
            self.stop_waiting();
            return Poll::Ready(());
        }
        let waiter = *self
            .waiter
            .get_or_insert_with(|| NEXT_WAITER.fetch_add(1, Ordering::Relaxed));
        loop {
            // Registered before the state is read, so that a transition in between wakes the task.
            core.waiters.register(waiter, cx.waker());
            let Some(denied) = core.denial(core.now()) else {
                self.stop_waiting();
                return Poll::Ready(());
            };
            let Some(retry_after) = denied.retry_after else {
                // Forced open: only a manual transition ends it.
                self.timer = None;
                return Poll::Pending;
            };
            let sleep = &self.sleep;
            let polled = core.contain(|| {
                let timer = self
                    .timer
                    .get_or_insert_with(|| Box::pin(sleep(retry_after.max(MIN_SLEEP))));
                timer.as_mut().poll(cx)
            });
            let Some(polled) = polled else {
                // Nothing would wake the task. The layer of the breaker rejects the call.
                self.stop_waiting();
                return Poll::Ready(());
            };
            ready!(polled);
            // If the timer was early, or the deadline has moved, the loop creates another one.
            self.timer = None;
        }
    }

    fn stop_waiting(&mut self) {
        self.timer = None;
        if let Some(waiter) = self.waiter.take() {
            self.breaker.core().waiters.deregister(waiter);
        }
    }
}

const MIN_SLEEP: Duration = Duration::from_millis(1);

impl<S, T, F, Req> Service<Req> for ReadinessGate<S, T, F>
where
    S: Service<Req>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // The inner service is not polled while the breaker rejects calls.
        ready!(self.poll_breaker(cx));
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        self.inner.call(req)
    }
}

impl<S: Clone, T: Clone, F> Clone for ReadinessGate<S, T, F> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            breaker: self.breaker.clone(),
            sleep: self.sleep.clone(),
            // A clone starts unready and registers itself when it is polled.
            timer: None,
            waiter: None,
        }
    }
}

impl<S, T, F> Drop for ReadinessGate<S, T, F> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.breaker.core().waiters.deregister(waiter);
        }
    }
}

impl<S: fmt::Debug, T, F> fmt::Debug for ReadinessGate<S, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadinessGate")
            .field("inner", &self.inner)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
