//! Where ids come from.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// A generator for each thread: xoshiro256++, which is fast and passes the tests of randomness.
///
/// Ids have to be unlike any other, and need not be secret, so nothing slower is called for.
struct Generator([u64; 4]);

thread_local! {
    static GENERATOR: Cell<Generator> = Cell::new(Generator::seeded());
}

/// The next 64 random bits of this thread.
#[inline]
pub(crate) fn next() -> u64 {
    let of = |cell: &Cell<Generator>| {
        let mut generator = cell.replace(Generator([0; 4]));
        let number = generator.next();
        cell.set(generator);
        number
    };
    // A thread that is going away has no generator any more; one number more is made for it.
    GENERATOR
        .try_with(of)
        .unwrap_or_else(|_| Generator::seeded().next())
}

// === impl Generator ===

impl Generator {
    /// Seeded by the operating system: the standard library asks it for 128 bits once in each thread,
    /// and they are the key of a keyed hash.
    fn seeded() -> Self {
        let keyed = RandomState::new();
        let mut seed = [1u64, 2, 3, 4].map(|number| keyed.hash_one(number));
        if seed == [0; 4] {
            // The one state that the generator never leaves.
            seed[0] = 1;
        }
        Self(seed)
    }

    #[inline]
    fn next(&mut self) -> u64 {
        let Self(state) = self;
        let number = state[0]
            .wrapping_add(state[3])
            .rotate_left(23)
            .wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_xoshiro256_plus_plus() {
        // The first numbers of the authors' own program for this seed.
        let mut generator = Generator([1, 2, 3, 4]);
        let numbers: Vec<u64> = (0..4).map(|_| generator.next()).collect();
        assert_eq!(
            numbers,
            [41943041, 58720359, 3588806011781223, 3591011842654386]
        );
    }

    #[test]
    fn threads_and_calls_give_different_numbers() {
        let mut numbers: Vec<u64> = (0..1000).map(|_| next()).collect();
        let other = std::thread::spawn(|| (0..1000).map(|_| next()).collect::<Vec<_>>());
        numbers.extend(other.join().unwrap());
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 2000);
    }
}
