//! The bodies of streams. They are dropped with their clients.

#[cfg(feature = "incident")]
mod records;
mod viewer;

#[cfg(feature = "incident")]
pub(crate) use self::records::{Records, Signal, Source};
pub(crate) use self::viewer::Viewer;
use crate::operations::Operations;

/// A place of one of the viewers, which is free again when this is dropped.
pub(crate) struct Place(Operations);

// === impl Place ===

impl Place {
    /// Takes a place. `None` if all are taken.
    pub(crate) fn take(operations: &Operations) -> Option<Self> {
        let is_taken = operations.shared().live.enter();
        is_taken.then(|| Self(operations.clone()))
    }

    fn operations(&self) -> &Operations {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.shared().live.leave();
    }
}
