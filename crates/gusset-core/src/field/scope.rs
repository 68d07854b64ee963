//! The call whose fields are set on this thread.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::{CallExtras, Field, SharedFields};
use crate::current::FieldMark;

thread_local! {
    /// The fields of the calls that are polled on this thread and have any, the innermost last.
    ///
    /// Invariant: it has one entry for each current or enclosing [`FieldMark::Filled`]. A mark is one byte in the
    /// scope of the call, so a call without fields never gets here.
    static FILLED: RefCell<Vec<Arc<SharedFields>>> = const { RefCell::new(Vec::new()) };

    /// The fields of the call whose poll has unwound, until the call ends, and where that call is.
    static UNWOUND: RefCell<Option<(usize, Arc<SharedFields>)>> = const { RefCell::new(None) };
}

/// Makes the fields of a call current, until [`CallTracker::leave_fields`](crate::CallTracker::leave_fields) or
/// until the poll unwinds. It borrows nothing of the call, which is used meanwhile.
#[derive(Debug)]
#[must_use = "fields are left when this is dropped"]
pub struct FieldGuard {
    outer: FieldMark,
    is_shared: bool,
    /// The address of the call, which stays where it is between a poll that unwinds and its end.
    call: usize,
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

// === impl FieldGuard ===

impl FieldGuard {
    /// Enters a call with its fields. If they are shared, the request is that of the enclosing call, in a layer
    /// further out, and both have the same fields.
    #[inline]
    pub(crate) fn enter(own: Option<&Arc<SharedFields>>, is_shared: bool, call: usize) -> Self {
        let outer = FieldMark::replace(FieldMark::Empty);
        if own.is_some() || (is_shared && outer == FieldMark::Filled) {
            enter_filled(own, outer);
        }
        Self {
            outer,
            is_shared,
            call,
        }
    }

    /// Leaves the call, and keeps its fields in `own`.
    #[inline]
    pub(crate) fn leave(self, own: &mut CallExtras) {
        let (outer, is_shared) = (self.outer, self.is_shared);
        std::mem::forget(self);
        if FieldMark::replace(outer) == FieldMark::Filled {
            own.set_fields(leave_filled(outer, is_shared));
        }
    }
}

/// A poll has unwound. Its call ends soon, on this thread: it is dropped with its future.
impl Drop for FieldGuard {
    #[cold]
    fn drop(&mut self) {
        if FieldMark::replace(self.outer) == FieldMark::Filled {
            let fields = leave_filled(self.outer, self.is_shared);
            let fields = fields.map(|fields| (self.call, fields));
            let _ = UNWOUND.try_with(|unwound| unwound.replace(fields));
        }
    }
}

/// Takes the fields of a call whose poll has unwound on this thread. Those of another call, which has ended on
/// another thread, are dropped.
#[cold]
pub(crate) fn take_unwound(call: usize) -> Option<Arc<SharedFields>> {
    let (of, fields) = UNWOUND.try_with(RefCell::take).ok().flatten()?;
    (of == call).then_some(fields)
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
struct TaskScope(Option<FieldGuard>);

impl Drop for TaskScope {
    fn drop(&mut self) {
        if let Some(entered) = self.0.take() {
            entered.leave(&mut CallExtras::default());
        }
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
        let _scope = TaskScope(Some(FieldGuard::enter(Some(&self.0), false, 0)));
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
