//! The keys that occur most often.

/// The keys with the most failures, in bounded memory: at most [`CAPACITY`] of them.
///
/// Space-saving (Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams",
/// 2005). A new key takes the place of the one with the least count and inherits that count as its error, so:
///
/// - The true count of a key is at least its count without the error. Nothing else is reported, so that no account is
///   accused because of others.
/// - A key that has more than a [`CAPACITY`]th of all failures is always there.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpaceSaving {
    entries: Vec<Entry>,
}

/// The number of keys.
const CAPACITY: usize = 512;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: u64,
    count: u64,
    error: u64,
    /// Since the key is here.
    pub(crate) successes: u64,
}

// === impl SpaceSaving ===

impl SpaceSaving {
    /// Counts a failure of a key.
    pub(crate) fn add_failure(&mut self, key: u64) {
        if let Some(entry) = self.find(key) {
            entry.count += 1;
            return;
        }
        let mut entry = Entry {
            key,
            count: 1,
            error: 0,
            successes: 0,
        };
        if self.entries.len() < CAPACITY {
            self.entries.push(entry);
            return;
        }
        let least = self.entries.iter_mut().min_by_key(|entry| entry.count);
        if let Some(least) = least {
            entry.error = least.count;
            entry.count = least.count + 1;
            *least = entry;
        }
    }

    /// Counts a success of a key, if it is one with failures.
    pub(crate) fn add_success(&mut self, key: u64) {
        if let Some(entry) = self.find(key) {
            entry.successes += 1;
        }
    }

    pub(crate) fn get(&self, key: u64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn find(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }
}

// === impl Entry ===

impl Entry {
    /// Returns the failures that certainly were of this key.
    pub(crate) fn failures(&self) -> u64 {
        self.count - self.error
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn exact(keys: &[u64]) -> HashMap<u64, u64> {
        let mut counts = HashMap::new();
        keys.iter()
            .for_each(|key| *counts.entry(*key).or_default() += 1);
        counts
    }

    fn sketch(keys: &[u64]) -> SpaceSaving {
        let mut sketch = SpaceSaving::default();
        keys.iter().for_each(|key| sketch.add_failure(*key));
        sketch
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn counts_have_their_bounds(keys in prop::collection::vec(prop_oneof![0u64..8, 0u64..100_000], 0..3000)) {
            let (sketch, exact) = (sketch(&keys), exact(&keys));
            prop_assert!(sketch.entries().len() <= CAPACITY);
            for entry in sketch.entries() {
                prop_assert!(entry.failures() <= exact[&entry.key]);
                prop_assert!(entry.count >= exact[&entry.key]);
            }
            let often = keys.len() as u64 / CAPACITY as u64;
            for (key, _) in exact.iter().filter(|(_, count)| **count > often) {
                prop_assert!(sketch.get(*key).is_some());
            }
        }

        #[test]
        fn few_keys_are_exact(keys in prop::collection::vec(0u64..CAPACITY as u64, 0..2000)) {
            let sketch = sketch(&keys);
            for (key, count) in exact(&keys) {
                prop_assert_eq!(sketch.get(key).map(Entry::failures), Some(count));
            }
        }
    }
}
