//! Caches the series of keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Key;

use super::series::Series;

/// Series by the key with which they were registered.
///
/// Most keys are spelled like the first one of their series. They are found by their hash, and compared with the
/// names and the label text of the series, so that the cache need not keep them.
///
/// A hit costs one read lock and allocates nothing. It is for `counter!("…").increment(1)`, which
/// registers the counter each time, and otherwise would translate its name each time. Callers that keep
/// their handles do not use the cache again.
pub(super) struct HandleCache<V> {
    entries: RwLock<Entries<V>>,
}

struct Entries<V> {
    by_hash: HashMap<u64, Arc<Series<V>>>,
    /// The keys that are spelled in another way (`a_b` for `a.b`, repeated labels), and those with the hash of
    /// another key.
    others: HashMap<Key, Arc<Series<V>>>,
    /// The number of entries at which those of removed series are dropped.
    purge_at: usize,
}

const MIN_PURGE_AT: usize = 1024;

// === impl HandleCache ===

impl<V> HandleCache<V> {
    pub(super) fn new() -> Self {
        Self {
            entries: RwLock::new(Entries {
                by_hash: HashMap::new(),
                others: HashMap::new(),
                purge_at: MIN_PURGE_AT,
            }),
        }
    }

    /// Returns the series of a key, if it is cached and was not removed.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<V>>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let by_hash = entries.by_hash.get(&key.get_hash());
        let series = by_hash
            .filter(|series| series.is_key(key))
            .or_else(|| entries.others.get(key))?;
        (!series.is_removed()).then(|| Arc::clone(series))
    }

    /// Caches the series of a key. Entries of removed series are dropped once they may be half of all.
    pub(super) fn insert(&self, key: &Key, series: &Arc<Series<V>>) {
        if !series.may_cache_key() {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= entries.purge_at {
            entries.purge();
        }
        entries.insert(key, series);
    }
}

// === impl Entries ===

impl<V> Entries<V> {
    fn len(&self) -> usize {
        self.by_hash.len() + self.others.len()
    }

    fn purge(&mut self) {
        self.by_hash.retain(|_, series| !series.is_removed());
        self.others.retain(|_, series| !series.is_removed());
        self.purge_at = MIN_PURGE_AT.max(2 * self.len());
    }

    fn insert(&mut self, key: &Key, series: &Arc<Series<V>>) {
        if series.is_key(key) {
            let known = self
                .by_hash
                .entry(key.get_hash())
                .or_insert_with(|| Arc::clone(series));
            // A series that was removed has a successor with the same key.
            if known.is_removed() {
                *known = Arc::clone(series);
            }
            if Arc::ptr_eq(known, series) {
                return;
            }
        }
        self.others.insert(key.to_retained(), Arc::clone(series));
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
    use crate::registry::key_names::KeyNames;

    fn series(name: &str) -> (Key, Arc<Series<()>>) {
        let key = Key::from_name(name.to_owned());
        let names = Arc::new(KeyNames::new(&key, None));
        (key, Arc::new(Series::new(names, "".into(), ())))
    }

    fn len(cache: &HandleCache<()>) -> usize {
        cache.entries.read().unwrap().len()
    }

    #[test]
    fn removed_series_do_not_fill_the_cache() {
        let cache = HandleCache::new();
        let (kept_key, kept) = series("kept");
        cache.insert(&kept_key, &kept);
        for at in 0..10_000 {
            let (key, removed) = series(&at.to_string());
            cache.insert(&key, &removed);
            assert!(cache.get(&key).is_some());
            removed.mark_removed();
            assert!(cache.get(&key).is_none());
        }
        assert!(len(&cache) <= MIN_PURGE_AT, "{}", len(&cache));
        assert!(cache.get(&kept_key).is_some());
    }

    #[test]
    fn successor_of_a_removed_series_is_found() {
        let cache = HandleCache::new();
        let (key, removed) = series("a");
        cache.insert(&key, &removed);
        removed.mark_removed();
        let (_, successor) = series("a");
        cache.insert(&key, &successor);
        assert!(Arc::ptr_eq(&cache.get(&key).unwrap(), &successor));
        assert_eq!(len(&cache), 1);
    }

    #[test]
    fn keys_that_are_spelled_in_another_way_are_found() {
        let cache = HandleCache::new();
        let (first, one) = series("a.b");
        let second = Key::from_name("a_b");
        cache.insert(&first, &one);
        assert!(cache.get(&second).is_none());
        cache.insert(&second, &one);
        for key in [&first, &second] {
            assert!(Arc::ptr_eq(&cache.get(key).unwrap(), &one));
        }
        let entries = cache.entries.read().unwrap();
        assert_eq!((entries.by_hash.len(), entries.others.len()), (1, 1));
    }

    #[test]
    fn keys_with_one_hash_have_their_own_series() {
        let cache = HandleCache::new();
        let ((first, one), (second, other)) = (series("a"), series("b"));
        // As if the hashes were equal.
        let mut entries = cache.entries.write().unwrap();
        entries.by_hash.insert(second.get_hash(), Arc::clone(&one));
        drop(entries);
        assert!(cache.get(&second).is_none());
        cache.insert(&second, &other);
        assert!(Arc::ptr_eq(&cache.get(&second).unwrap(), &other));
        cache.insert(&first, &one);
        assert!(Arc::ptr_eq(&cache.get(&first).unwrap(), &one));
    }

    #[test]
    fn spellings_of_one_key_do_not_fill_the_cache() {
        let (cache, (_, one)) = (HandleCache::new(), series("a"));
        for at in 0..1000 {
            cache.insert(&Key::from_name("-".repeat(at)), &one);
        }
        assert_eq!(len(&cache), 16);
    }
}
