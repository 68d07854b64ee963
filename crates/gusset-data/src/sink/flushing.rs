//! A flush on a thread of its own.

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// A flush that runs on a thread of its own, so that its deadline holds whatever the sink does.
///
/// ```
/// use gusset_data::Flushing;
/// use std::time::Duration;
///
/// let flushing = [Flushing::begin(|| true), Flushing::begin(|| false)];
/// let complete = flushing.map(|flushing| flushing.wait(Duration::from_secs(10)));
/// assert_eq!(complete, [true, false]);
/// ```
#[derive(Debug)]
#[must_use = "waits for the end only in `wait`"]
pub struct Flushing(Receiver<bool>);

// === impl Flushing ===

impl Flushing {
    /// Calls `flush` on another thread. It returns whether everything was delivered.
    pub fn begin(flush: impl FnOnce() -> bool + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        let run = move || {
            // Fails after the timeout of `wait`.
            let _ = sender.send(flush());
        };
        // If the system has no thread, the sender is dropped with the closure, and the flush is not complete.
        let thread = thread::Builder::new().name("gusset-flush".to_owned());
        let _ = thread.spawn(run);
        Self(receiver)
    }

    /// Waits for the end, at most until the timeout. Returns whether everything was delivered: not if the function
    /// panicked, or if the system has no thread.
    pub fn wait(self, timeout: Duration) -> bool {
        self.0.recv_timeout(timeout).unwrap_or(false)
    }
}
