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
struct HookGuard;

impl Drop for HookGuard {
    fn drop(&mut self) {
        take();
    }
}

/// Calls a hook of a call with these fields. It is not inlined, so that the hooks of calls without fields are.
#[cold]
#[inline(never)]
pub(crate) fn scope<R>(fields: &Arc<SharedFields>, hook: impl FnOnce() -> R) -> R {
    let _guard = with(|hooks| hooks.push(fields.clone())).map(|()| HookGuard);
    hook()
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
