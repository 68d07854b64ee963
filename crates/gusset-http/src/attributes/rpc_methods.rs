//! The gRPC methods that are known.

use std::hash::BuildHasher;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use super::Side;
use super::identity::Identity;

/// Methods of this length or more are not remembered.
pub(super) const MAX_METHOD_BYTES: usize = 256;

/// The number of a gRPC method that the [`RequestOptions`](crate::RequestOptions) remember.
///
/// The same for all clones of the options, and never used for another method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RpcMethodId(NonZeroU16);

/// The methods that are known: on a server those that calls have proven, on a client those that it
/// has called. Apart from each other, since a gateway's clients send what its own clients chose.
#[derive(Debug)]
pub(super) struct RpcMethods {
    server: MethodTable,
    client: MethodTable,
    identity: Identity,
}

/// A set of methods that only grows, up to a limit, and is read without a lock.
///
/// Every call looks its method up, from every thread: a hash and as a rule one atomic load. Untrusted
/// clients choose the method, so the hash is seeded.
#[derive(Debug)]
struct MethodTable {
    /// A hash table with linear probing; made by the first method, as services without gRPC have
    /// none. At least half of it is free, so that probes are short and end.
    ///
    /// A method never leaves its slot: the slot's number is the method's.
    slots: OnceLock<Box<[OnceLock<Box<str>>]>>,
    hasher: RandomState,
    limit: usize,
    /// The number of methods. Its lock serialises writers.
    len: Mutex<usize>,
    /// Whether there is no room, so that no lock is needed to find out.
    is_full: AtomicBool,
}

/// Slots are numbered with 14 bits; one more is the side.
const MAX_LIMIT: usize = 8192;
const CLIENT: u16 = 1 << 15;

// === impl RpcMethodId ===

impl RpcMethodId {
    /// Returns the id with a number that [`get`](Self::get) returned.
    #[inline]
    pub fn from_number(number: NonZeroU16) -> Self {
        Self(number)
    }

    /// Returns the number: from 1 to 49,152.
    #[inline]
    pub fn get(self) -> NonZeroU16 {
        self.0
    }

    fn new(side: Side, slot: usize) -> Option<Self> {
        let slot = u16::try_from(slot + 1).ok()?;
        NonZeroU16::new(match side {
            Side::Server => slot,
            Side::Client => slot | CLIENT,
        })
        .map(Self)
    }
}

// === impl RpcMethods ===

impl RpcMethods {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            server: MethodTable::new(limit),
            client: MethodTable::new(limit),
            identity: Identity::next(),
        }
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the number of a method that is known.
    #[inline]
    pub(super) fn get(&self, side: Side, method: &str) -> Option<RpcMethodId> {
        RpcMethodId::new(side, self.table(side).get(method)?)
    }

    /// Remembers a method. Returns `None` if there is no room for it.
    #[inline]
    pub(super) fn insert(&self, side: Side, method: &str) -> Option<RpcMethodId> {
        RpcMethodId::new(side, self.table(side).insert(method)?)
    }

    /// Returns the method of that number.
    pub(super) fn name(&self, id: RpcMethodId) -> Option<&str> {
        let id = id.0.get();
        let table = match id & CLIENT {
            0 => &self.server,
            _ => &self.client,
        };
        table.name(usize::from(id & !CLIENT).checked_sub(1)?)
    }

    fn table(&self, side: Side) -> &MethodTable {
        match side {
            Side::Server => &self.server,
            Side::Client => &self.client,
        }
    }
}

// === impl MethodTable ===

impl MethodTable {
    fn new(limit: usize) -> Self {
        Self {
            slots: OnceLock::new(),
            hasher: RandomState::default(),
            limit: limit.clamp(1, MAX_LIMIT),
            len: Mutex::new(0),
            is_full: AtomicBool::new(false),
        }
    }

    #[inline]
    fn get(&self, method: &str) -> Option<usize> {
        self.probe(self.slots.get()?, method).ok()
    }

    #[inline]
    fn insert(&self, method: &str) -> Option<usize> {
        self.get(method).or_else(|| self.add(method))
    }

    #[cold]
    fn add(&self, method: &str) -> Option<usize> {
        // A method of that length may have been truncated.
        if method.len() >= MAX_METHOD_BYTES || self.is_full.load(Ordering::Relaxed) {
            return None;
        }
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = self.slots.get_or_init(|| {
            let len = (self.limit * 2).next_power_of_two();
            std::iter::repeat_with(OnceLock::new).take(len).collect()
        });
        match self.probe(slots, method) {
            Ok(slot) => Some(slot),
            Err(_) if *len >= self.limit => None,
            Err(slot) => {
                // The lock is held, so the slot is still free.
                slots[slot].set(method.into()).ok()?;
                *len += 1;
                self.is_full.store(*len >= self.limit, Ordering::Relaxed);
                Some(slot)
            }
        }
    }

    fn name(&self, slot: usize) -> Option<&str> {
        Some(self.slots.get()?.get(slot)?.get()?)
    }

    /// Returns the slot of a method, or the free slot where it belongs.
    #[inline]
    fn probe(&self, slots: &[OnceLock<Box<str>>], method: &str) -> Result<usize, usize> {
        let mask = slots.len() - 1;
        let mut at = self.hasher.hash_one(method) as usize & mask;
        loop {
            match slots[at].get() {
                None => return Err(at),
                Some(known) if **known == *method => return Ok(at),
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn table_is_a_set_with_a_limit(methods in prop::collection::vec("[a-c]{0,3}", 0..100), limit in 1usize..20) {
            let all = RpcMethods::new(limit);
            let mut model = HashSet::new();
            for method in &methods {
                let is_kept = model.contains(method) || model.len() < limit;
                if is_kept {
                    model.insert(method);
                }
                let id = all.insert(Side::Server, method);
                prop_assert_eq!(id.is_some(), is_kept);
                prop_assert_eq!(all.get(Side::Server, method), id);
                prop_assert_eq!(id.and_then(|id| all.name(id)), is_kept.then_some(&**method));
            }
        }
    }

    #[test]
    fn sides_are_separate() {
        let methods = RpcMethods::new(10);
        let client = methods.insert(Side::Client, "a.B/C").unwrap();
        assert_eq!(methods.get(Side::Server, "a.B/C"), None);
        let server = methods.insert(Side::Server, "d.E/F").unwrap();
        assert_eq!(methods.name(client), Some("a.B/C"));
        assert_eq!(methods.name(server), Some("d.E/F"));
    }

    #[test]
    fn largest_number_is_as_documented() {
        let slots = (MAX_LIMIT * 2).next_power_of_two();
        let id = RpcMethodId::new(Side::Client, slots - 1).unwrap();
        assert_eq!(id.get().get(), 49_152);
        assert!(
            RpcMethodId::new(Side::Server, slots - 1)
                .unwrap()
                .get()
                .get()
                < CLIENT
        );
    }

    #[test]
    fn long_method_is_not_remembered() {
        let methods = RpcMethods::new(10);
        let longest = "x".repeat(MAX_METHOD_BYTES - 1);
        assert!(methods.insert(Side::Server, &longest).is_some());
        assert!(
            methods
                .insert(Side::Server, &format!("{longest}x"))
                .is_none()
        );
    }

    #[test]
    fn racing_threads_agree_on_numbers() {
        let methods = RpcMethods::new(64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..64 {
                        let method = format!("a.B/{number}");
                        let id = methods.insert(Side::Server, &method).unwrap();
                        assert_eq!(methods.name(id), Some(&*method));
                    }
                });
            }
        });
        assert_eq!(methods.insert(Side::Server, "a.B/64"), None);
    }
}
