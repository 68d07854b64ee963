//! Optional environment variables, of which invalid ones are ignored.

use gusset_core::Env;

/// Returns a variable. One that is not valid Unicode is ignored with a warning.
pub(crate) fn var_or_warn(env: Env<'_>, name: &str) -> Option<String> {
    env.var(name).unwrap_or_else(|error| {
        tracing::warn!(target: "gusset::trace", "ignoring {error}");
        None
    })
}

/// Warns that the attribute names of earlier semantic conventions are not supported.
pub(crate) fn warn_of_old_names(env: Env<'_>) {
    const ENV: &str = "OTEL_SEMCONV_STABILITY_OPT_IN";
    let list = var_or_warn(env, ENV).unwrap_or_default();
    let mut entries = list.split(',').map(str::trim);
    if entries.any(|name| matches!(name, "http/dup" | "rpc/dup")) {
        tracing::warn!(
            target: "gusset::trace",
            "ignoring `http/dup` and `rpc/dup` in `{ENV}`: attribute names of earlier semantic \
             conventions are not supported"
        );
    }
}
