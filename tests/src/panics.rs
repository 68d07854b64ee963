//! Panics that are part of a test, and those that are not.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What a service says that panics because the test wants it to.
pub const EXPECTED: &str = "this panic is part of the test";

/// What a scripted body says.
const SCRIPTED: &str = "scripted panic";

thread_local! {
    /// Where the panics of this thread are told of, if somebody wants to know.
    static SURPRISES: RefCell<Option<Sender<String>>> = const { RefCell::new(None) };
}

/// Keeps the panics that are part of a test out of its output.
pub fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied().map(str::to_owned);
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_default();
            if text != EXPECTED && text != SCRIPTED {
                surprise(&info.to_string());
                loud(info);
            }
        }));
    });
}

/// Tells of the panics of this thread that are not part of a test, though a task may keep them to
/// itself.
pub(crate) fn watch(surprises: Sender<String>) {
    SURPRISES.set(Some(surprises));
}

/// Where panics are told of, and where one hears of them.
pub(crate) fn surprises() -> (Sender<String>, Receiver<String>) {
    channel()
}

fn surprise(text: &str) {
    // A panic may come while the thread, and what it keeps, is already going.
    let _ = SURPRISES.try_with(|surprises| {
        if let Ok(surprises) = surprises.try_borrow() {
            let _ = surprises
                .as_ref()
                .map(|surprises| surprises.send(text.to_owned()));
        }
    });
}
