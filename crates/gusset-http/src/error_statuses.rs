//! The statuses that are errors, as an environment variable lists them.

use gusset_core::{Env, ErrorStatuses};

/// Returns the statuses that a variable lists: `500-599,429`. Returns `None` if it is not set, or if nothing
/// of it can be read.
///
/// Logs a warning for a part that cannot be read, which is ignored.
///
/// ```
/// use gusset_core::Env;
/// use gusset_http::error_statuses_from_env;
///
/// let variable = "GUSSET_HTTP_SERVER_ERROR_STATUSES";
/// let env = |name: &str| (name == variable).then(|| "500-599,4xx".to_owned());
/// let statuses = error_statuses_from_env(Env::from_fn(&env), variable).expect("a list");
/// assert!(statuses.contains(503) && !statuses.contains(404));
/// ```
pub fn error_statuses_from_env(env: Env<'_>, variable: &'static str) -> Option<ErrorStatuses> {
    match env.var(variable) {
        Ok(list) => ErrorStatuses::parse_readable(&list?, |part| {
            tracing::warn!(
                target: "gusset::http",
                "ignoring `{part}` in `{variable}`: not a status or a range of statuses such as `500-599`"
            );
        }),
        Err(error) => {
            tracing::warn!(target: "gusset::http", "ignoring {error}; the default is used");
            None
        }
    }
}
