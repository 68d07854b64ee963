//! The way from a key, as somebody spelt it, to its storage.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use metrics::Key;

/// Handles by the key they were asked for.
///
/// A hit costs one read lock and allocates nothing, so that `counter!("…").increment(1)` in a loop,
/// which asks anew each time, does not pay for the translation of its name each time. Handles that
/// are resolved once and kept do not come here again.
pub(super) struct Handles<H> {
    by_key: RwLock<HashMap<Key, H>>,
}

// === impl Handles ===

impl<H: Clone> Handles<H> {
    pub(super) fn new() -> Self {
        Self {
            by_key: RwLock::default(),
        }
    }

    /// The handle of `key`, made by `resolve` when it is asked for the first time.
    ///
    /// `resolve` may run more than once in a race; it must lead to the same storage each time.
    pub(super) fn get(&self, key: &Key, resolve: impl FnOnce() -> H) -> H {
        let known = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = known.get(key) {
            return handle.clone();
        }
        drop(known);
        let handle = resolve();
        let mut known = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_retained(), handle.clone());
        handle
    }
}

impl<H> fmt::Debug for Handles<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handles").finish_non_exhaustive()
    }
}
