//! The mark of a refusal that travels as an error of the service's own type.
//!
//! Nothing can be said of such a type but that it is `'static`, so the mark cannot be looked for in
//! it. The guard's future leaves it aside when it hands out the error, and the observer's future
//! around it, which gets that error in the same poll, takes it from there. A mark is good for an
//! error of that type, and until the next observed poll on the thread begins.

use std::any::TypeId;
use std::cell::{Cell, RefCell};

use crate::Refused;

thread_local! {
    /// Whether there is a mark: the one thing that a poll without a refusal looks at.
    static THERE_IS: Cell<bool> = const { Cell::new(false) };
    static MARK: RefCell<Option<(TypeId, Refused)>> = const { RefCell::new(None) };
}

/// Leaves the mark for an error of type `E`.
pub(super) fn leave<E: 'static>(refused: Refused) {
    MARK.set(Some((TypeId::of::<E>(), refused)));
    THERE_IS.set(true);
}

/// Forgets what an earlier poll may have left.
#[inline]
pub(crate) fn forget() {
    if THERE_IS.get() {
        MARK.set(None);
        THERE_IS.set(false);
    }
}

/// The mark for an error of type `E`. It stays, for an observer further out.
pub(crate) fn find<E: 'static>() -> Option<Refused> {
    if !THERE_IS.get() {
        return None;
    }
    MARK.with_borrow(|mark| match mark {
        Some((of, refused)) if *of == TypeId::of::<E>() => Some(refused.clone()),
        _ => None,
    })
}
