//! The fields of the calls whose hooks run on this thread.

use std::cell::RefCell;
use std::sync::Arc;

use super::{CallFields, Field, SharedFields};

thread_local! {
    /// The innermost last: a hook may end another call.
    ///
    /// It holds what a context would hold, which is moved and dropped with each hook. A call without fields never
    /// gets here.
    static HOOKS: RefCell<Vec<Arc<SharedFields>>> = const { RefCell::new(Vec::new()) };
}

/// Removes the fields at the end of the hook, also when it unwinds.
pub(crate) struct HookGuard {
    is_entered: bool,
}

impl Drop for HookGuard {
    #[cold]
    fn drop(&mut self) {
        if self.is_entered {
            take();
        }
    }
}

/// Makes the fields of a call those of its hook.
#[cold]
pub(crate) fn enter(fields: &Arc<SharedFields>) -> HookGuard {
    let is_entered = with(|hooks| hooks.push(fields.clone())).is_some();
    HookGuard { is_entered }
}

/// Returns the fields of the innermost hook.
#[cold]
pub(crate) fn get() -> Option<CallFields> {
    with(|hooks| hooks.last().cloned()).flatten()?.get()
}

/// Sets a field of the call that starts. The first one begins its fields.
#[cold]
pub(crate) fn set(field: Field, is_first: bool) {
    let fields = with(|hooks| {
        if is_first {
            hooks.push(Arc::default());
        }
        hooks.last().cloned()
    });
    if let Some(fields) = fields.flatten() {
        fields.set(field);
    }
}

/// Takes the fields of the innermost hook.
#[cold]
pub(crate) fn take() -> Option<Arc<SharedFields>> {
    with(Vec::pop).flatten()
}

fn with<R>(work: impl FnOnce(&mut Vec<Arc<SharedFields>>) -> R) -> Option<R> {
    // `work` calls no foreign code, so the list is never borrowed already.
    let with = |hooks: &RefCell<Vec<_>>| Some(work(&mut *hooks.try_borrow_mut().ok()?));
    HOOKS.try_with(with).ok().flatten()
}
