//! Random numbers from a seed that is printed.

use std::env;

/// The variable with another seed, to repeat or to vary a run.
const SEED_VARIABLE: &str = "GUSSET_TEST_SEED";
const DEFAULT_SEED: u64 = 14;

/// SplitMix64: every seed is the start of a sequence of its own.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Reads the seed, and prints it.
    pub(crate) fn from_env() -> Self {
        let seed = env::var(SEED_VARIABLE).ok();
        let seed = seed.map_or(DEFAULT_SEED, |seed| {
            seed.parse().expect("the seed is a number")
        });
        println!("{SEED_VARIABLE}={seed}");
        Self(seed)
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    /// Returns one of these values.
    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}
