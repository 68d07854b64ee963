//! Caches the series of keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Key;

use super::series::Series;

/// Series by the key with which they were registered.
///
/// A hit costs one read lock and allocates nothing. It is for `counter!("…").increment(1)`, which
/// registers the counter each time, and otherwise would translate its name each time. Callers that keep
/// their handles do not use the cache again.
pub(super) struct HandleCache<V> {
    by_key: RwLock<Entries<V>>,
}

struct Entries<V> {
    series: HashMap<Key, Arc<Series<V>>>,
    /// The number of entries at which those of removed series are dropped.
    purge_at: usize,
}

const MIN_PURGE_AT: usize = 1024;

// === impl HandleCache ===

impl<V> HandleCache<V> {
    pub(super) fn new() -> Self {
        Self {
            by_key: RwLock::new(Entries {
                series: HashMap::new(),
                purge_at: MIN_PURGE_AT,
            }),
        }
    }

    /// Returns the series of a key, if it is cached and was not removed.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<V>>> {
        let entries = self.by_key.read().unwrap_or_else(PoisonError::into_inner);
        let series = entries.series.get(key)?;
        (!series.is_removed()).then(|| Arc::clone(series))
    }

    /// Caches the series of a key. Entries of removed series are dropped once they may be half of all.
    pub(super) fn insert(&self, key: &Key, series: &Arc<Series<V>>) {
        if !series.may_cache_key() {
            return;
        }
        let mut entries = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let Entries {
            series: cached,
            purge_at,
        } = &mut *entries;
        if cached.len() >= *purge_at {
            cached.retain(|_, series| !series.is_removed());
            *purge_at = MIN_PURGE_AT.max(2 * cached.len());
        }
        cached.insert(key.to_retained(), Arc::clone(series));
    }
}

impl<V> fmt::Debug for HandleCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Arc<Series<()>> {
        Arc::new(Series::new("".into(), Vec::new().into(), ()))
    }

    fn len(cache: &HandleCache<()>) -> usize {
        cache.by_key.read().unwrap().series.len()
    }

    #[test]
    fn removed_series_do_not_fill_the_cache() {
        let cache = HandleCache::new();
        let kept = series();
        cache.insert(&Key::from_name("kept"), &kept);
        for at in 0..10_000 {
            let (key, removed) = (Key::from_name(at.to_string()), series());
            cache.insert(&key, &removed);
            assert!(cache.get(&key).is_some());
            removed.mark_removed();
            assert!(cache.get(&key).is_none());
        }
        assert!(len(&cache) <= MIN_PURGE_AT, "{}", len(&cache));
        assert!(cache.get(&Key::from_name("kept")).is_some());
    }

    #[test]
    fn spellings_of_one_key_do_not_fill_the_cache() {
        let (cache, one) = (HandleCache::new(), series());
        for at in 0..1000 {
            cache.insert(&Key::from_name("-".repeat(at)), &one);
        }
        assert_eq!(len(&cache), 16);
    }
}
