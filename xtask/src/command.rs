//! Runs programs. An error names the whole command line.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::Result;

/// Returns a command for the cargo that runs this chore, with the environment of a plain `cargo`.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` describes xtask to its process. Build scripts that watch these variables
    // (`ring` does) would rebuild each time a chore and a plain `cargo` take turns.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a program, with the standard output and standard error of the chore.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    // A chore is not interactive.
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| not_started(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{}: failed with {status}", line(command)).into())
    }
}

/// Runs a program, and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{}: failed with {}", line(command), output.status).into())
    }
}

/// Returns whether a program exists and exits with success. Discards its output.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Returns the flags of an environment variable, with one flag added.
pub(crate) fn add_flag(variable: &str, flag: &str) -> String {
    let set = env::var(variable).unwrap_or_default();
    format!("{set} {flag}").trim().to_owned()
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("{}: could not be started: {error}", line(command))
}

fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let words: Vec<_> = std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    format!("`{}`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<()>) -> Option<String> {
        result.err().map(|error| error.to_string())
    }

    #[test]
    fn failed_program_is_named_with_arguments() {
        let error = message(run(cargo()
            .args(["--quiet", "no-such-subcommand"])
            .stderr(Stdio::null())));
        assert_eq!(
            error.as_deref(),
            Some("`cargo --quiet no-such-subcommand`: failed with exit status: 101")
        );
    }

    #[test]
    fn missing_program_is_an_error() {
        let error = message(run(&mut Command::new("no-such-program-of-gusset"))).unwrap();
        assert!(
            error.starts_with("`no-such-program-of-gusset`: could not be started"),
            "{error}"
        );
        assert!(!succeeds(&mut Command::new("no-such-program-of-gusset")));
    }

    #[test]
    fn cargo_run_variables_are_removed() {
        // `cargo test` sets these for us too.
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some());
        let command = cargo();
        let removed: Vec<_> = command
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name)
            .collect();
        assert!(
            removed.contains(&OsStr::new("CARGO_MANIFEST_DIR")),
            "{removed:?}"
        );
        assert!(
            removed.contains(&OsStr::new("CARGO_PKG_NAME")),
            "{removed:?}"
        );
    }
}
