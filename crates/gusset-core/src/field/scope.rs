//! The call whose fields are set on this thread.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::{Field, SharedFields};
use crate::current::FieldMark;

thread_local! {
    /// The fields of the calls that are polled on this thread and have any, the innermost last.
    ///
    /// Invariant: it has one entry for each current or enclosing [`FieldMark::Filled`]. A mark is one byte in the
    /// scope of the call, so a call without fields never gets here.
    static FILLED: RefCell<Vec<Arc<SharedFields>>> = const { RefCell::new(Vec::new()) };
}

/// The fields of the call that is polled on this thread, for a task that belongs to the call.
///
/// ```
/// use gusset_core::field::FieldScope;
///
/// assert!(FieldScope::current().is_none(), "outside of any call");
/// ```
#[derive(Clone)]
pub struct FieldScope(Arc<SharedFields>);

/// Makes the fields of a call current, and returns the mark to [`leave`] with. If they are shared, the request is
/// that of the enclosing call, in a layer further out, and both have the same fields.
#[inline]
pub(crate) fn enter(own: Option<&Arc<SharedFields>>, is_shared: bool) -> FieldMark {
    let outer = FieldMark::replace(FieldMark::Empty);
    if own.is_some() || (is_shared && outer == FieldMark::Filled) {
        enter_filled(own, outer);
    }
    outer
}

/// Restores what was current before, and returns the fields of the call if it has any.
#[inline]
pub(crate) fn leave(outer: FieldMark, is_shared: bool) -> Option<Arc<SharedFields>> {
    match FieldMark::replace(outer) {
        FieldMark::Filled => leave_filled(outer, is_shared),
        _ => None,
    }
}

#[cold]
fn enter_filled(own: Option<&Arc<SharedFields>>, outer: FieldMark) {
    let entered = with_filled(|filled| {
        let of_request = own.or(match outer {
            FieldMark::Filled => filled.last(),
            _ => None,
        });
        let fields = of_request.cloned();
        let is_some = fields.is_some();
        filled.extend(fields);
        is_some
    });
    if entered == Some(true) {
        FieldMark::replace(FieldMark::Filled);
    }
}

#[cold]
fn leave_filled(outer: FieldMark, is_shared: bool) -> Option<Arc<SharedFields>> {
    let own = with_filled(Vec::pop).flatten();
    if is_shared && outer == FieldMark::Empty {
        if let Some(own) = &own {
            with_filled(|filled| filled.push(own.clone()));
            FieldMark::replace(FieldMark::Filled);
        }
    }
    own
}

/// Calls `work` with the list, on a thread that is not exiting.
fn with_filled<R>(work: impl FnOnce(&mut Vec<Arc<SharedFields>>) -> R) -> Option<R> {
    // `work` calls no foreign code, so the list is never borrowed already.
    let with = |filled: &RefCell<Vec<_>>| Some(work(&mut *filled.try_borrow_mut().ok()?));
    FILLED.try_with(with).ok().flatten()
}

/// Leaves the scope of a task, which keeps its fields elsewhere, also when it unwinds.
struct LeaveOnDrop(FieldMark);

impl Drop for LeaveOnDrop {
    fn drop(&mut self) {
        leave(self.0, false);
    }
}

// === impl FieldScope ===

impl FieldScope {
    /// Returns the fields of the innermost call that is polled on this thread, or `None` outside of any call.
    pub fn current() -> Option<Self> {
        match FieldMark::get() {
            FieldMark::Outside => None,
            FieldMark::Filled => with_filled(|filled| filled.last().cloned())
                .flatten()
                .map(Self),
            FieldMark::Empty => {
                let fields = Arc::<SharedFields>::default();
                with_filled(|filled| filled.push(fields.clone()))?;
                FieldMark::replace(FieldMark::Filled);
                Some(Self(fields))
            }
        }
    }

    /// Makes the fields current while `poll` runs. What is set after the call has ended is lost.
    pub fn scope<R>(&self, poll: impl FnOnce() -> R) -> R {
        let _entered = LeaveOnDrop(enter(Some(&self.0), false));
        poll()
    }

    pub(super) fn is_in_call() -> bool {
        FieldMark::get() != FieldMark::Outside
    }

    pub(super) fn set(&self, field: Field) {
        self.0.set(field);
    }
}

impl fmt::Debug for FieldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FieldScope").field(&self.0.get()).finish()
    }
}
