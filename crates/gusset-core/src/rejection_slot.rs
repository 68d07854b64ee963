//! The rejection that belongs to an error of the service's own type.
//!
//! Such a type is only known to be `'static`, so a [`Rejected`] cannot be found in it. The admission
//! future puts the rejection into a thread-local slot when it returns the error. The observer's
//! future around it receives that error in the same poll and reads the slot. A rejection is valid
//! for an error of that type, until the next observed poll on the thread begins.

use std::any::TypeId;
use std::cell::{Cell, RefCell};

use crate::Rejected;

thread_local! {
    /// Whether the slot is filled. A poll without a rejection reads this flag and nothing else.
    static HAS_REJECTION: Cell<bool> = const { Cell::new(false) };
    static REJECTION: RefCell<Option<(TypeId, Rejected)>> = const { RefCell::new(None) };
}

/// Sets the rejection of an error of type `E`.
pub(crate) fn set<E: 'static>(rejected: Rejected) {
    REJECTION.set(Some((TypeId::of::<E>(), rejected)));
    HAS_REJECTION.set(true);
}

/// Clears what an earlier poll may have set.
#[inline]
pub(crate) fn clear() {
    if HAS_REJECTION.get() {
        REJECTION.set(None);
        HAS_REJECTION.set(false);
    }
}

/// Returns the rejection of an error of type `E`. It stays, for an observer further out.
pub(crate) fn find<E: 'static>() -> Option<Rejected> {
    if !HAS_REJECTION.get() {
        return None;
    }
    REJECTION.with_borrow(|slot| match slot {
        Some((of, rejected)) if *of == TypeId::of::<E>() => Some(rejected.clone()),
        _ => None,
    })
}
