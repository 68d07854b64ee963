//! Checks dependencies with `cargo deny` and `deny.toml`.

use std::process::{Command, Stdio};

use crate::steps::{Steps, print_line};
use crate::workspace::Workspace;
use crate::{Result, command};

/// Runs the steps `deny` and `advisories`, or prints that they are skipped.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step("deny", || {
        if is_installed(workspace) {
            command::run(&mut check(workspace, &["licenses", "bans", "sources"]))
        } else {
            print_line("skipped: `cargo-deny` is not installed");
            Ok(())
        }
    });
    steps.step("advisories", || {
        if is_installed(workspace) {
            advisories(&mut check(workspace, &["advisories"]))
        } else {
            print_line("skipped: `cargo-deny` is not installed");
            Ok(())
        }
    });
}

fn is_installed(workspace: &Workspace) -> bool {
    command::succeeds(&mut workspace.cargo(&["deny", "--version"]))
}

fn check(workspace: &Workspace, checks: &[&str]) -> Command {
    let mut deny = workspace.cargo(&["deny", "--all-features", "check"]);
    deny.args(checks);
    deny
}

fn advisories(deny: &mut Command) -> Result<()> {
    let output = deny.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    print_line(text.trim_end());
    if output.status.success() {
        Ok(())
    } else if database_is_missing(&text) {
        print_line("skipped: the advisory database could not be downloaded");
        Ok(())
    } else {
        Err(format!(
            "`cargo deny check advisories`: failed with {}",
            output.status
        )
        .into())
    }
}

/// Returns whether cargo-deny failed before its check, because it has no advisory database.
fn database_is_missing(text: &str) -> bool {
    [
        "failed to fetch advisory database",
        "failed to open advisory database",
    ]
    .iter()
    .any(|message| text.contains(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_download_failures_are_skipped() {
        assert!(database_is_missing(
            "[ERROR] failed to fetch advisory database https://github.com/rustsec/advisory-db"
        ));
        assert!(!database_is_missing(
            "[ERROR] failed to load advisory database: unsupported CVSS version: 4.0"
        ));
        assert!(!database_is_missing(
            "error[vulnerability]: advisory database has RUSTSEC-2020-0001\nadvisories FAILED"
        ));
    }
}
