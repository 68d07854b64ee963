//! Random numbers for ids.
//!
//! Each thread has its own xoshiro256++. Ids must be unique across all processes of a system, but need
//! not be secret, so a generator that is fast and not cryptographic is enough.
//!
//! `fastrand` is not used here. Its state of 64 bits makes the streams of many threads overlap, and
//! from there on they repeat each other's ids. It also seeds from the monotonic clock and the thread
//! number, which can be equal in two replicas of a service.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

thread_local! {
    static GENERATOR: RefCell<Xoshiro256PlusPlus> = RefCell::new(seeded());
}

/// Returns 64 random bits.
#[inline]
pub(crate) fn next_u64() -> u64 {
    with_generator(Xoshiro256PlusPlus::next_u64)
}

/// Returns 128 random bits, at one access to the thread's generator.
#[inline]
pub(crate) fn next_u128() -> u128 {
    with_generator(|generator| {
        u128::from(generator.next_u64()) << 64 | u128::from(generator.next_u64())
    })
}

#[inline]
fn with_generator<R>(draw: impl Fn(&mut Xoshiro256PlusPlus) -> R) -> R {
    GENERATOR
        .try_with(|generator| draw(&mut generator.borrow_mut()))
        // The thread is ending, and its generator is gone.
        .unwrap_or_else(|_| draw(&mut seeded()))
}

/// Returns a generator that is seeded by the operating system.
///
/// The standard library reads 128 random bits once in each thread, as the key of this keyed hash, and
/// changes the key for each new state.
#[cold]
fn seeded() -> Xoshiro256PlusPlus {
    let keyed = RandomState::new();
    let mut seed = [0; 32];
    for (number, bytes) in (1_u64..).zip(seed.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&keyed.hash_one(number).to_le_bytes());
    }
    // Replaces a seed of zeros, which the generator would never leave.
    Xoshiro256PlusPlus::from_seed(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_and_calls_give_different_numbers() {
        let mut numbers: Vec<u64> = (0..1000).map(|_| next_u64()).collect();
        let other = std::thread::spawn(|| (0..1000).map(|_| next_u64()).collect::<Vec<_>>());
        numbers.extend(other.join().unwrap());
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 2000);
    }
}
