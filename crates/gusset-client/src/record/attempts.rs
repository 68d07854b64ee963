//! The attempts of one call that is retried.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use gusset_core::field;
use tracing::Span;

use crate::shared::Shared;
use crate::time::{Mark, between};
use crate::{names, scope};

/// The attempts of one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    shared: Arc<Shared>,
    count: AtomicU32,
    /// The end of the last attempt.
    ended: Mark,
    /// The time between attempts, in nanoseconds.
    delay: AtomicU64,
}

thread_local! {
    static ATTEMPTS: Cell<Option<Arc<Attempts>>> = const { Cell::new(None) };
}

// === impl Attempts ===

impl Attempts {
    pub(crate) fn new(shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::clone(shared),
            count: AtomicU32::new(0),
            ended: Mark::default(),
            delay: AtomicU64::new(0),
        })
    }

    /// Makes these the attempts that the calls inside of `work` belong to.
    pub(crate) fn enter<R>(slot: &mut Option<Arc<Self>>, work: impl FnOnce() -> R) -> R {
        scope::enter(&ATTEMPTS, slot, work)
    }

    /// Returns the attempts of the call that is polled on this thread, if it is one of the same timer, and counts one more.
    pub(crate) fn begin(shared: &Arc<Shared>, now: u64) -> Option<Arc<Self>> {
        let attempts = scope::current(&ATTEMPTS)?;
        if !Arc::ptr_eq(&attempts.shared, shared) {
            return None;
        }
        attempts.count.fetch_add(1, Ordering::Relaxed);
        if let Some(ended) = attempts.ended.get() {
            let delay = now.saturating_sub(ended);
            attempts.delay.fetch_add(delay, Ordering::Relaxed);
        }
        Some(attempts)
    }

    /// Records that an attempt has its response, or has failed.
    pub(crate) fn end(&self, now: u64) {
        self.ended.set(now);
    }

    /// Reports the whole.
    #[cold]
    pub(crate) fn report(&self, span: &Span) {
        let attempts = self.count.load(Ordering::Relaxed);
        let delay = between(0, self.delay.load(Ordering::Relaxed));
        span.record("gusset.http.client.attempts", attempts);
        span.record("gusset.http.client.retry_delay", delay.as_secs_f64());
        let retries = attempts.saturating_sub(1);
        self.shared.peers.retried(retries, delay);
        if retries > 0 {
            field::high(names::ATTEMPTS, attempts);
            set_delay(delay);
        }
    }
}

fn set_delay(delay: Duration) {
    let seconds = delay.as_secs_f64();
    field::high(names::RETRY_DELAY, format_args!("{seconds:.6}"));
}
