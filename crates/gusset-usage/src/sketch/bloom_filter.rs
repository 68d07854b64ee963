//! Whether a key was there before.

/// A set of keys that may take a new key for a known one, and never a known one for new: 256 KiB.
///
/// A Bloom filter (Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970) in blocks of a word (Putze,
/// Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters", 2007): each key has four bits of one word, so it
/// costs one access to memory.
#[derive(Clone, Debug)]
pub(crate) struct BloomFilter {
    words: Box<[u64]>,
    /// The number of words with each number of ones, so that nothing has to be counted while the filter is locked.
    by_ones: [u32; ONES],
}

const WORDS: usize = 1 << 15;
/// From none to all of a word.
const ONES: usize = u64::BITS as usize + 1;
/// The bits of a key, each chosen by six bits of the hash.
const BITS: u32 = 4;
const BITS_OF_POSITION: u32 = 6;

// === impl BloomFilter ===

impl BloomFilter {
    pub(crate) fn new() -> Self {
        Self {
            words: vec![0; WORDS].into(),
            by_ones: all_empty(),
        }
    }

    /// Adds a key by its hash. Returns true if it was certainly not there.
    pub(crate) fn insert(&mut self, hash: u64) -> bool {
        let position = |bit: u32| (hash >> (bit * BITS_OF_POSITION)) % u64::from(u64::BITS);
        let key = (0..BITS).fold(0, |key, bit| key | 1 << position(bit));
        let word = (hash >> (BITS * BITS_OF_POSITION)) as usize % WORDS;
        let word = &mut self.words[word];
        let is_new = *word & key != key;
        if is_new {
            self.by_ones[word.count_ones() as usize] -= 1;
            *word |= key;
            self.by_ones[word.count_ones() as usize] += 1;
        }
        is_new
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
        self.by_ones = all_empty();
    }

    /// Returns the share of the keys that are new and are taken for known ones.
    pub(crate) fn false_positives(&self) -> f64 {
        let all = self.by_ones.iter().enumerate().map(|(ones, words)| {
            let share = ones as f64 / f64::from(u64::BITS);
            f64::from(*words) * share.powi(BITS as i32)
        });
        all.sum::<f64>() / WORDS as f64
    }
}

fn all_empty() -> [u32; ONES] {
    let mut by_ones = [0; ONES];
    by_ones[0] = WORDS as u32;
    by_ones
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn known_key_is_never_new(keys in prop::collection::vec(any::<u64>(), 1..500)) {
            let mut filter = BloomFilter::new();
            for key in &keys {
                filter.insert(*key);
            }
            for key in &keys {
                prop_assert!(!filter.insert(*key));
            }
            let mut by_ones = [0; ONES];
            filter.words.iter().for_each(|word| by_ones[word.count_ones() as usize] += 1);
            prop_assert_eq!(filter.by_ones, by_ones);
        }
    }

    #[test]
    fn false_positives_are_those_that_it_states() {
        let mut random = fastrand::Rng::with_seed(1);
        for keys in [10_000, 130_000, 400_000] {
            let mut filter = BloomFilter::new();
            for _ in 0..keys {
                filter.insert(random.u64(..));
            }
            let stated = filter.false_positives();
            let probes = 20_000;
            let mut probe = filter.clone();
            let wrong = (0..probes)
                .filter(|_| !probe.insert(random.u64(..)))
                .count();
            let found = wrong as f64 / f64::from(probes);
            assert!(
                (found - stated).abs() <= 0.004 + 0.25 * stated,
                "{keys} keys: {found} instead of {stated}"
            );
        }
        let mut filter = BloomFilter::new();
        (0..100_000).for_each(|_| {
            filter.insert(random.u64(..));
        });
        assert!(filter.false_positives() < 0.01, "100,000 visitors fit");
    }
}
