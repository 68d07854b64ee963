//! A table that only grows, to a limit, and is read without a lock.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

/// Entries by key, at most `limit` of them, never removed.
///
/// A look-up is a hash and, as a rule, one atomic load: every call of a service makes one or two,
/// from every thread, and a shared lock would be the dearest thing in it. Strangers may choose keys
/// (a path that a service took for a route's name), so the hash is seeded.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    slots: Box<[Slot<K, V>]>,
    hasher: RandomState,
    limit: usize,
    /// The number of entries; its lock serialises writers.
    len: Mutex<usize>,
    /// Said once, so that those who are turned away after that need no lock.
    full: AtomicBool,
}

/// Boxed, so that a free slot takes two words.
type Slot<K, V> = OnceLock<Box<(K, V)>>;

// === impl Table ===

impl<K: Hash + Eq, V> Table<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        // At most half full, so that probes stay short.
        let slots = (limit.max(1) * 2).next_power_of_two();
        Self {
            slots: std::iter::repeat_with(OnceLock::new).take(slots).collect(),
            hasher: RandomState::default(),
            limit,
            len: Mutex::new(0),
            full: AtomicBool::new(false),
        }
    }

    /// The entry of that key.
    #[inline]
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.probe(key).ok()
    }

    /// Whether no entry can be added any more.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Adds an entry and gives it, or the one that is there; `None` if the table is full. `make` is
    /// given the number of entries before it.
    pub(crate) fn insert(&self, key: K, make: impl FnOnce(usize) -> V) -> Option<&V> {
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        match self.probe(&key) {
            Ok(value) => Some(value),
            Err(_) if *len >= self.limit => None,
            Err(slot) => {
                let entry = Box::new((key, make(*len)));
                // Nobody else writes: the lock is held.
                if slot.set(entry).is_ok() {
                    *len += 1;
                    self.full.store(*len >= self.limit, Ordering::Relaxed);
                }
                slot.get().map(|entry| &entry.1)
            }
        }
    }

    /// All entries, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.slots
            .iter()
            .filter_map(|slot| slot.get().map(|entry| &**entry))
    }

    /// The value of that key, else the free slot where it belongs.
    #[inline]
    fn probe<Q>(&self, key: &Q) -> Result<&V, &Slot<K, V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mask = self.slots.len() - 1;
        let mut at = self.hasher.hash_one(key) as usize & mask;
        // Ends: half of the slots are free.
        loop {
            let slot = &self.slots[at];
            match slot.get() {
                None => return Err(slot),
                Some(entry) if entry.0.borrow() == key => return Ok(&entry.1),
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn keeps_what_a_map_with_a_limit_keeps(keys in prop::collection::vec(0u8..40, 0..100), limit in 1usize..20) {
            let table = Table::new(limit);
            let mut model = HashMap::new();
            for key in keys {
                let len = model.len();
                let expected = match model.get(&key) {
                    Some(at) => Some(*at),
                    None if len < limit => {
                        model.insert(key, len);
                        Some(len)
                    }
                    None => None,
                };
                prop_assert_eq!(table.insert(key, |len| len).copied(), expected);
                prop_assert_eq!(table.get(&key).copied(), expected);
            }
            prop_assert_eq!(table.iter().count(), model.len());
            prop_assert_eq!(table.is_full(), model.len() == limit);
        }
    }

    #[test]
    fn threads_that_race_for_a_key_get_one_entry() {
        let table = Table::new(64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for key in 0..64u32 {
                        let at = table.insert(key, |len| len).copied();
                        assert_eq!(at, table.get(&key).copied());
                    }
                });
            }
        });
        let mut places: Vec<usize> = table.iter().map(|(_, at)| *at).collect();
        places.sort_unstable();
        assert_eq!(places, (0..64).collect::<Vec<_>>());
    }
}
