//! Runs a future on this thread, for a limited time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use gusset_core::Clock;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future until it is ready. Returns `None` at the deadline, which is read again whenever the thread is
/// unparked.
///
/// Not tokio's `block_on`: inside of that, clients that block panic, such as the default one of
/// `opentelemetry-otlp`.
pub(super) fn block_on<F: Future>(
    future: F,
    deadline: impl Fn() -> Option<Instant>,
) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match deadline() {
            None => thread::park(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Clock::system().now());
                if left.is_zero() {
                    return None;
                }
                thread::park_timeout(left);
            }
        }
    }
}
