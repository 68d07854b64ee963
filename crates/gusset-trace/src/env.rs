//! Optional environment variables, of which invalid ones are ignored.

use gusset_core::Env;

/// Returns a variable. One that is not valid Unicode is ignored with a warning.
pub(crate) fn var_or_warn(env: Env<'_>, name: &str) -> Option<String> {
    env.var(name).unwrap_or_else(|error| {
        tracing::warn!(target: "gusset::trace", "ignoring {error}");
        None
    })
}
