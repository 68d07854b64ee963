//! A table that only grows, up to a limit, and is read without a lock.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

/// At most `limit` entries by key. Entries are never removed.
///
/// Open addressing with linear probing. Every call of a service makes one or two look-ups, from every
/// thread, so a shared lock would be the most expensive part of recording. A look-up is a hash and
/// usually one atomic load.
///
/// Invariants that make reads without a lock correct:
///
/// - A slot is written once, by a writer that holds `len`, and never changes after that. `OnceLock`
///   publishes the entry with release and acquire.
/// - An entry is in the first slot that was free on the probe path of its key. Slots are never freed,
///   so a probe that reaches a free slot has passed every entry with the key.
/// - At least half of the slots are free, so probes end and are short.
///
/// Clients may choose keys (a path that a service uses as a route), so the hash has a random seed.
///
/// ```
/// use gusset_core::Table;
///
/// let routes = Table::new(1);
/// assert_eq!(routes.insert("/users/{id}", |len| len), Some(&0));
/// assert_eq!(routes.insert("/orders", |len| len), None, "the table is full");
/// assert_eq!(routes.get(&"/users/{id}"), Some(&0));
/// ```
#[derive(Debug)]
pub struct Table<K, V> {
    slots: Box<[Slot<K, V>]>,
    hasher: RandomState,
    limit: usize,
    /// The number of entries. Its lock serialises writers.
    len: Mutex<usize>,
    /// Set with the last entry, so that later keys are rejected without the lock. Relaxed: a thread
    /// that does not see it yet finds the limit reached under the lock.
    full: AtomicBool,
}

/// Boxed, so that a free slot takes two words.
type Slot<K, V> = OnceLock<Box<(K, V)>>;

// === impl Table ===

impl<K: Hash + Eq, V> Table<K, V> {
    /// Creates an empty table for at most `limit` entries.
    pub fn new(limit: usize) -> Self {
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

    /// Returns the value of a key.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.probe(key).ok()
    }

    /// Returns whether the limit was reached.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Returns the value of a key, and adds it if the key is new. Returns `None` if the table is full.
    ///
    /// `make` gets the number of entries before the new one.
    pub fn insert(&self, key: K, make: impl FnOnce(usize) -> V) -> Option<&V> {
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        match self.probe(&key) {
            Ok(value) => Some(value),
            Err(_) if *len >= self.limit => None,
            Err(slot) => {
                let entry = Box::new((key, make(*len)));
                // No other thread writes while the lock is held.
                if slot.set(entry).is_ok() {
                    *len += 1;
                    self.full.store(*len >= self.limit, Ordering::Relaxed);
                }
                slot.get().map(|entry| &entry.1)
            }
        }
    }

    /// Returns all entries, unordered.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.slots
            .iter()
            .filter_map(|slot| slot.get().map(|entry| &**entry))
    }

    /// Returns the value of a key, or else the free slot where it belongs.
    #[inline]
    fn probe<Q>(&self, key: &Q) -> Result<&V, &Slot<K, V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mask = self.slots.len() - 1;
        let mut at = self.hasher.hash_one(key) as usize & mask;
        // Terminates, because half of the slots are free.
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
        fn behaves_like_a_map_with_a_limit(keys in prop::collection::vec(0u8..40, 0..100), limit in 1usize..20) {
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
    fn racing_inserts_of_a_key_share_one_entry() {
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
        let mut values: Vec<usize> = table.iter().map(|(_, at)| *at).collect();
        values.sort_unstable();
        assert_eq!(values, (0..64).collect::<Vec<_>>());
    }
}
