//! Caches the handles of series by their keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use metrics::Key;

/// Handles by the key with which they were registered.
///
/// A hit costs one read lock and allocates nothing. It is for `counter!("…").increment(1)`, which
/// registers the counter each time, and otherwise would translate its name each time. Callers that keep
/// their handles do not use the cache again.
pub(super) struct HandleCache<H> {
    by_key: RwLock<HashMap<Key, H>>,
}

// === impl HandleCache ===

impl<H: Clone> HandleCache<H> {
    pub(super) fn new() -> Self {
        Self {
            by_key: RwLock::default(),
        }
    }

    /// Returns the handle of a key. Calls `resolve` if it is not cached.
    ///
    /// Racing threads may call `resolve` several times. Every call must return a handle of the same
    /// series.
    pub(super) fn get(&self, key: &Key, resolve: impl FnOnce() -> H) -> H {
        let handles = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handles.get(key) {
            return handle.clone();
        }
        drop(handles);
        let handle = resolve();
        let mut handles = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        handles.insert(key.to_retained(), handle.clone());
        handle
    }
}

impl<H> fmt::Debug for HandleCache<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleCache").finish_non_exhaustive()
    }
}
