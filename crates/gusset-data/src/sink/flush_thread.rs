//! A flush on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::Sink;

/// Flushes a sink on another thread. The receiver gets whether it was complete, and is closed if the system has no
/// thread or the sink panicked.
pub(super) fn flush_on_thread<T: 'static>(
    sink: Arc<dyn Sink<T>>,
    timeout: Duration,
) -> Receiver<bool> {
    let (sender, receiver) = mpsc::channel();
    let flush = move || {
        // An error means that the flush is no longer waited for.
        let _ = sender.send(sink.flush_items(timeout));
    };
    let thread = thread::Builder::new().name("gusset-flush".to_owned());
    // Without a thread, the closure and its sender are dropped.
    let _ = thread.spawn(flush);
    receiver
}
