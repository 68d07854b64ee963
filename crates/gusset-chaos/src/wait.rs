//! Waiting, until a time has passed or the layer is disarmed.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// A wait of an injected fault. Dropped, it leaves nothing behind.
pub(crate) struct Wait {
    /// `None` for a wait without an end of its own.
    time: Option<Pin<Box<Sleep>>>,
    /// `None` if the wait is finished also when the layer is disarmed.
    release: Option<Release>,
}

struct Release {
    deadline: Pin<Box<Sleep>>,
    released: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    Elapsed,
    Released,
}

// === impl Wait ===

impl Wait {
    /// Creates a wait. It must be called within a Tokio runtime that has a timer.
    pub(crate) fn new(
        time: Option<Duration>,
        release: Option<(watch::Receiver<bool>, Instant)>,
    ) -> Self {
        Self {
            time: time.map(|time| Box::pin(sleep(time))),
            release: release.map(|(released, deadline)| Release {
                deadline: Box::pin(sleep_until(deadline)),
                released: Box::pin(wait_for(released)),
            }),
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<WaitEnd> {
        if let Some(Release { deadline, released }) = &mut self.release {
            if released.as_mut().poll(cx).is_ready() || deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(WaitEnd::Released);
            }
        }
        match &mut self.time {
            Some(time) => time.as_mut().poll(cx).map(|()| WaitEnd::Elapsed),
            None => Poll::Pending,
        }
    }
}

async fn wait_for(mut released: watch::Receiver<bool>) {
    while !*released.borrow_and_update() {
        // The sender is gone: so is what could disarm.
        if released.changed().await.is_err() {
            return;
        }
    }
}

/// Returns whether there is a Tokio runtime with a timer, to wait on.
pub(crate) fn has_timer() -> bool {
    // Without a timer, tokio panics: it has no function that tests for one.
    Handle::try_current().is_ok() && catch_unwind(|| drop(sleep(Duration::ZERO))).is_ok()
}
