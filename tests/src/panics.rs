//! Panics that are part of a test.

use std::panic;
use std::sync::Once;

/// What a service says that panics because the test wants it to.
pub const EXPECTED: &str = "this panic is part of the test";

/// What a scripted body says.
const SCRIPTED: &str = "as the script says";

/// Keeps the panics that are part of a test out of its output.
pub fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if text != EXPECTED && text != SCRIPTED {
                loud(info);
            }
        }));
    });
}
