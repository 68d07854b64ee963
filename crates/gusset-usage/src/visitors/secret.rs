//! Secrets of hashes.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use siphasher::sip::SipHasher24;

/// A random key of SipHash-2-4 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012).
///
/// Without it, a hash leads to its input only by trying 2^128 keys. It is in memory alone, and is overwritten when it
/// rotates.
pub(crate) struct Secret(SipHasher24);

// === impl Secret ===

impl Secret {
    pub(crate) fn random() -> Self {
        let mut key = [0; 16];
        if getrandom::fill(&mut key).is_err() {
            // The system had random numbers when the process started, so this is nearly impossible. The keys of the
            // standard library are random too, and are not in what they hash.
            let word = |number: u8| RandomState::new().hash_one(number).to_ne_bytes();
            key[..8].copy_from_slice(&word(0));
            key[8..].copy_from_slice(&word(1));
        }
        Self(SipHasher24::new_with_key(&key))
    }

    pub(crate) fn hash(&self, bytes: &[u8]) -> u64 {
        self.0.hash(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_not_shown() {
        let (a, b) = (Secret::random(), Secret::random());
        assert_eq!(a.hash(b"ada"), a.hash(b"ada"));
        assert_ne!(a.hash(b"ada"), b.hash(b"ada"));
        assert_eq!(format!("{a:?}"), "Secret");
    }
}
