//! What makes two requests the same, and two observers.

use std::any::TypeId;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

/// The key of one request on its way through the layers of a service.
///
/// A protocol makes it of addresses inside the request that moving the request leaves as they are,
/// for example the buffer of its target. It is compared while the outer call is polled, so the key
/// costs no memory and the request is not marked.
///
/// ```
/// use gusset_core::RequestKey;
///
/// let target = String::from("/orders");
/// let key = RequestKey::new([target.as_ptr() as usize, target.len()]);
/// let moved = target;
/// assert_eq!(key, RequestKey::new([moved.as_ptr() as usize, moved.len()]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey(NonZeroU32);

/// The identity of an observer.
///
/// Of two observers with equal identities, the driver lets only the outer one observe a request
/// that passes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObserverId {
    address: usize,
    kind: TypeId,
}

/// The observers of a layer, as bits of one word.
///
/// Each of the first 56 observers that are alive in a process has a bit of its own, so that the
/// driver finds a common observer of two layers with one `and`. Those beyond have none and are not
/// recognised in a second layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObserverSet(u64);

/// Holds the bits of a layer's observers until the layer is dropped.
#[derive(Debug)]
pub(crate) struct Registration(ObserverSet);

/// Which observer has which bit, and how many layers hold it.
static OBSERVERS: RwLock<[Option<(ObserverId, usize)>; ObserverSet::BITS as usize]> =
    RwLock::new([None; ObserverSet::BITS as usize]);

// === impl RequestKey ===

impl RequestKey {
    /// Creates a key of facts that two requests at one time do not share.
    ///
    /// The facts are mixed into 32 bits (the multiplier is that of Fibonacci hashing, 2⁶⁴ divided by
    /// the golden ratio). It matters only where a call is made within another call of the same
    /// observer: one such call in 2³² would be taken for the outer one.
    #[inline]
    pub fn new<const N: usize>(facts: [usize; N]) -> Self {
        const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
        let mix =
            |key: u64, fact: usize| (key ^ fact as u64).wrapping_mul(MULTIPLIER).rotate_left(29);
        Self::from_hash(facts.into_iter().fold(MULTIPLIER, mix))
    }

    /// Returns the key of every request of a protocol that has no keys of its own.
    pub(crate) fn of_protocol<P: 'static>() -> Self {
        let mut hasher = DefaultHasher::new();
        TypeId::of::<P>().hash(&mut hasher);
        Self::from_hash(hasher.finish())
    }

    /// Takes the upper bits, which depend on all facts. Never zero, so that an `Option` of a key is
    /// no larger than a key.
    #[inline]
    fn from_hash(hash: u64) -> Self {
        Self(NonZeroU32::MIN | (hash >> 32) as u32)
    }
}

// === impl ObserverId ===

impl ObserverId {
    /// Returns the identity of an observer that is distinguished by its address.
    pub fn from_address<O: 'static>(observer: &O) -> Self {
        Self {
            address: std::ptr::from_ref(observer) as usize,
            kind: TypeId::of::<O>(),
        }
    }

    /// Returns the identity that all clones of a shared value have in common.
    ///
    /// ```
    /// use gusset_core::ObserverId;
    /// use std::sync::Arc;
    ///
    /// let counts = Arc::new(0_u64);
    /// assert_eq!(ObserverId::from_arc(&counts), ObserverId::from_arc(&counts.clone()));
    /// ```
    pub fn from_arc<T: ?Sized + 'static>(shared: &Arc<T>) -> Self {
        Self {
            address: Arc::as_ptr(shared).cast::<u8>() as usize,
            kind: TypeId::of::<T>(),
        }
    }

    /// Distinguishes up to eight observers that share a value and observe different things with it.
    ///
    /// An `Arc` stores two counters with its value, so two shared values are at least sixteen bytes
    /// apart.
    #[must_use]
    pub fn with_index(mut self, index: u8) -> Self {
        self.address = self.address.wrapping_add(usize::from(index & 7));
        self
    }
}

// === impl ObserverSet ===

impl ObserverSet {
    pub(crate) const EMPTY: Self = Self(0);

    /// The number of bits. The others of the word are the driver's flags (`CallState`).
    pub(crate) const BITS: u32 = 56;

    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << Self::BITS) - 1))
    }

    #[inline]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline]
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the set has this observer. Takes a lock, which is why the driver calls it only for
    /// a request that passes two layers with an observer in common.
    #[cold]
    pub(crate) fn contains(self, id: ObserverId) -> bool {
        let bits = OBSERVERS.read().unwrap_or_else(PoisonError::into_inner);
        let mut bits = bits.iter().enumerate();
        bits.any(|(bit, of)| self.0 >> bit & 1 == 1 && of.is_some_and(|(of, _)| of == id))
    }
}

// === impl Registration ===

impl Registration {
    pub(crate) fn new(ids: &[ObserverId]) -> Self {
        let mut bits = OBSERVERS.write().unwrap_or_else(PoisonError::into_inner);
        let mut set = 0;
        for &id in ids {
            let known = bits
                .iter()
                .position(|entry| entry.is_some_and(|(of, _)| of == id));
            let Some(bit) = known.or_else(|| bits.iter().position(Option::is_none)) else {
                continue;
            };
            // An observer that is twice in one layer holds its bit once.
            if set >> bit & 1 == 0 {
                let (_, layers) = bits[bit].get_or_insert((id, 0));
                *layers += 1;
                set |= 1 << bit;
            }
        }
        Self(ObserverSet(set))
    }

    #[inline]
    pub(crate) fn set(&self) -> ObserverSet {
        self.0
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut bits = OBSERVERS.write().unwrap_or_else(PoisonError::into_inner);
        for (bit, of) in bits.iter_mut().enumerate() {
            if let (1, Some((_, layers))) = (self.0.0 >> bit & 1, &mut *of) {
                *layers -= 1;
                if *layers == 0 {
                    *of = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_released_with_their_last_layer() {
        let (one, other) = (Box::new(1_u8), Box::new(2_u8));
        let ids = [
            ObserverId::from_address(&*one),
            ObserverId::from_address(&*other),
        ];
        let both = Registration::new(&ids);
        let first = Registration::new(&ids[..1]);
        assert!(both.set().contains(ids[1]));
        assert!(!first.set().contains(ids[1]));
        assert_eq!(both.set().intersection(first.set()), first.set());

        let set = both.set();
        drop(both);
        assert!(set.contains(ids[0]), "another layer holds it");
        assert!(!set.contains(ids[1]));
    }

    #[test]
    fn observers_without_a_size_differ_by_type() {
        struct A;
        struct B;
        let both = (A, B);
        assert_ne!(
            ObserverId::from_address(&both.0),
            ObserverId::from_address(&both.1)
        );
    }
}
