//! Which handlers have been called, so that their clients can leave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot::{Receiver, Sender, channel};

/// The clients that wait for their handlers, by the id of the call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entered(Arc<Mutex<HashMap<String, Sender<()>>>>);

// === impl Entered ===

impl Entered {
    /// Returns what completes when the handler of a call is called.
    pub(crate) fn expect(&self, id: &str) -> Receiver<()> {
        let (sender, receiver) = channel();
        let mut waiting = self.0.lock().expect("no test panics with it");
        waiting.insert(id.to_owned(), sender);
        receiver
    }

    /// Reports that the handler of a call is called.
    pub(crate) fn report(&self, id: &str) {
        let mut waiting = self.0.lock().expect("no test panics with it");
        if let Some(sender) = waiting.remove(id) {
            // The client may have left.
            let _ = sender.send(());
        }
    }
}
