//! Expected and unexpected panics.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;
use std::sync::mpsc::{Receiver, Sender, channel};

/// The message of an expected panic of a service.
pub const EXPECTED: &str = "this panic is part of the test";

/// The message of a panic of a scripted body.
const SCRIPTED: &str = "scripted panic";

thread_local! {
    /// Receives the unexpected panics of this thread.
    static UNEXPECTED: RefCell<Option<Sender<String>>> = const { RefCell::new(None) };
}

/// Installs a panic hook that does not print expected panics.
pub fn silence_expected() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied().map(str::to_owned);
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_default();
            if text != EXPECTED && text != SCRIPTED {
                report(&info.to_string());
                previous(info);
            }
        }));
    });
}

/// Reports unexpected panics of this thread to `unexpected`, even if the runtime catches them.
pub(crate) fn report_to(unexpected: Sender<String>) {
    UNEXPECTED.set(Some(unexpected));
}

/// Creates a channel for reports.
pub(crate) fn report_channel() -> (Sender<String>, Receiver<String>) {
    channel()
}

fn report(text: &str) {
    // The thread-local value may already be destroyed.
    let _ = UNEXPECTED.try_with(|unexpected| {
        if let Ok(unexpected) = unexpected.try_borrow() {
            let _ = unexpected
                .as_ref()
                .map(|unexpected| unexpected.send(text.to_owned()));
        }
    });
}
