//! Tests that need an environment of their own.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::process::Command;

const IS_CHILD: &str = "GUSSET_TESTKIT_IS_CHILD";

/// Runs the test with this path again in a process of its own, in which these variables have a value that
/// is not UTF-8. Returns whether this is that process.
///
/// A test cannot change the environment of its own process, because other tests read it.
///
/// ```no_run
/// #[test]
/// fn host_that_is_not_utf8_is_ignored() {
///     if !gusset_testkit::with_invalid_variables("host_that_is_not_utf8_is_ignored", &["HOST"]).unwrap() {
///         return;
///     }
///     assert!(std::env::var("HOST").is_err());
/// }
/// ```
///
/// # Errors
/// If the process cannot be started or the test fails in it. The error contains its output.
#[cfg(unix)]
pub fn with_invalid_variables(test: &str, variables: &[&str]) -> io::Result<bool> {
    use std::os::unix::ffi::OsStrExt as _;

    if env::var_os(IS_CHILD).is_some() {
        return Ok(true);
    }
    let invalid = OsStr::from_bytes(b"\xff");
    let output = Command::new(env::current_exe()?)
        .args(["--exact", test])
        .env(IS_CHILD, "1")
        .envs(variables.iter().map(|name| (name, invalid)))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && text.contains("1 passed") {
        return Ok(false);
    }
    Err(io::Error::other(text.into_owned()))
}
