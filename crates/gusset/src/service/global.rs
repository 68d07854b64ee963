//! What makes `init` safe to call again.

use std::sync::{Arc, Mutex, Weak};

use tokio::runtime::{Handle, Id};

use super::scope::Scope;
use super::serve::lock;
use super::{Error, Gusset, Inner};

static STARTED: Mutex<Started> = Mutex::new(Started {
    is_global: false,
    by_runtime: Vec::new(),
});

/// What `init` has set up.
struct Started {
    /// Whether the process has a global one, or had one: that cannot be undone.
    is_global: bool,
    /// Those in use, by the Tokio runtime that they were set up on.
    by_runtime: Vec<(Option<Id>, Weak<Inner>)>,
}

/// Sets up one for each runtime, of which the first is global. Checks and signal handlers stop with their
/// runtime, so one of another runtime cannot be shared.
pub(super) fn init(build: impl FnOnce(Scope) -> Result<Gusset, Error>) -> Result<Gusset, Error> {
    let runtime = Handle::try_current().ok().map(|handle| handle.id());
    // Held to the end, so that of two tests at the same time one is the first.
    let mut started = lock(&STARTED);
    let Started {
        is_global,
        by_runtime,
    } = &mut *started;
    by_runtime.retain(|(_, inner)| inner.strong_count() > 0);
    let mut in_use = by_runtime.iter().filter(|(id, _)| *id == runtime);
    if let Some(inner) = in_use.find_map(|(_, inner)| inner.upgrade()) {
        tracing::warn!(
            target: "gusset",
            "`gusset` is set up already: the first one is used, and the settings of this call are not"
        );
        return Ok(Gusset(inner));
    }
    let scope = match *is_global {
        false => Scope::Global,
        true => {
            tracing::warn!(
                target: "gusset",
                "`gusset` was set up before in this process: this one has nothing global"
            );
            Scope::LocalBesideGlobal
        }
    };
    let gusset = build(scope)?;
    *is_global = true;
    by_runtime.push((runtime, Arc::downgrade(&gusset.0)));
    Ok(gusset)
}
