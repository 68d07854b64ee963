//! Subscribers of one thread, in tests that run in parallel.

use std::sync::OnceLock;

use tracing::Dispatch;
use tracing::dispatcher::{self, DefaultGuard};
use tracing::subscriber::NoSubscriber;

/// Runs `work` with a subscriber on this thread, while other tests may run on other threads.
///
/// With [`tracing::subscriber::with_default`] alone, an event that another thread reaches first, without
/// a subscriber, may be disabled for this thread too.
///
/// ```
/// use gusset_testkit::{SharedOutput, with_subscriber};
///
/// let answer = with_subscriber(tracing::subscriber::NoSubscriber::new(), || 42);
/// assert_eq!(answer, 42);
/// ```
pub fn with_subscriber<R>(subscriber: impl Into<Dispatch>, work: impl FnOnce() -> R) -> R {
    let _guard = set_subscriber(subscriber);
    work()
}

/// Sets a subscriber on this thread until the guard is dropped, as [`with_subscriber`] does.
///
/// ```
/// let _guard = gusset_testkit::set_subscriber(tracing::subscriber::NoSubscriber::new());
/// tracing::info!("to the subscriber of this thread");
/// ```
pub fn set_subscriber(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    keep_other_subscriber();
    dispatcher::set_default(&subscriber.into())
}

/// Keeps a subscriber of no events as long as the process lives.
///
/// While `tracing-core` knows a single subscriber, it takes the one of the thread that reaches an event first for
/// that of all threads, and remembers `never` if that thread has none (`callsite::Dispatchers::rebuilder`).
fn keep_other_subscriber() {
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| Dispatch::new(NoSubscriber::new()));
}
