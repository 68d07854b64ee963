//! Futures of the user, whose panics are contained.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future of the user. Its output is `None` if it panics: when it is created, polled or dropped.
pub(crate) struct Contained<F>(Option<F>);

// === impl Contained ===

impl<F> Contained<F> {
    pub(crate) fn new(create: impl FnOnce() -> F) -> Self {
        Self(catch(create))
    }

    /// Drops the future, and returns whether that did not panic: its destructors are user code too.
    pub(crate) fn finish(&mut self) -> bool {
        let future = self.0.take();
        catch(|| drop(future)).is_some()
    }
}

impl<F: Future + Unpin> Future for Contained<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let Some(future) = &mut self.0 else {
            return Poll::Ready(None);
        };
        match catch(|| Pin::new(future).poll(cx)) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(output)) => Poll::Ready(self.finish().then_some(output)),
            None => {
                self.finish();
                Poll::Ready(None)
            }
        }
    }
}

impl<F> Drop for Contained<F> {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Returns the function's result, or `None` if it panics. Unwind safety: the future is not polled
/// again after a panic, so no broken invariant is observed.
fn catch<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The destructor of the payload may panic as well.
            std::mem::forget(payload);
            None
        }
    }
}
