//! The mark of a refusal that travels as an error of the service's own type.
//!
//! Nothing can be said of such a type but that it is `'static`, so the mark cannot be looked for in
//! it. The guard's future leaves it aside when it hands out the error, and the observer's future
//! around it, which gets that error in the same poll, takes it from there. A mark is good for an
//! error of that type, and until the next observed poll on the thread begins.

use std::any::TypeId;
use std::cell::{Cell, RefCell};

use crate::Rejected;

thread_local! {
    /// Whether there is a mark: the one thing that a poll without a refusal looks at.
    static HAS_REJECTION: Cell<bool> = const { Cell::new(false) };
    static MARK: RefCell<Option<(TypeId, Rejected)>> = const { RefCell::new(None) };
}

/// Leaves the mark for an error of type `E`.
pub(super) fn set<E: 'static>(refused: Rejected) {
    MARK.set(Some((TypeId::of::<E>(), refused)));
    HAS_REJECTION.set(true);
}

/// Forgets what an earlier poll may have left.
#[inline]
pub(crate) fn clear() {
    if HAS_REJECTION.get() {
        MARK.set(None);
        HAS_REJECTION.set(false);
    }
}

/// The mark for an error of type `E`. It stays, for an observer further out.
pub(crate) fn find<E: 'static>() -> Option<Rejected> {
    if !HAS_REJECTION.get() {
        return None;
    }
    MARK.with_borrow(|mark| match mark {
        Some((of, refused)) if *of == TypeId::of::<E>() => Some(refused.clone()),
        _ => None,
    })
}
