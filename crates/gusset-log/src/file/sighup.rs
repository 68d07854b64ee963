//! Reopens a file after SIGHUP.

use std::io;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::SIGHUP;
use signal_hook::iterator::{Handle, Signals};

use super::shared::Shared;

/// Ends the thread that waits for the signal when it is dropped.
#[derive(Debug)]
pub(super) struct Listener(Handle);

// === impl Listener ===

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Starts a thread that waits for SIGHUP. A flag that the next write reads would leave the file of an idle
/// service open.
pub(super) fn listen(shared: &Arc<Shared>) -> io::Result<Listener> {
    let mut signals = Signals::new([SIGHUP])?;
    let handle = signals.handle();
    let shared = Arc::downgrade(shared);
    let reopen = move || {
        for _ in signals.forever() {
            if let Some(shared) = shared.upgrade() {
                shared.reopen();
            }
        }
    };
    thread::Builder::new()
        .name("gusset-log-hup".to_owned())
        .spawn(reopen)?;
    Ok(Listener(handle))
}
