//! `cargo xtask lint`: runs the static checks.

use crate::steps::{Steps, print_line};
use crate::workspace::Workspace;
use crate::{bench, command, deny, direction, features, manifest, modules, words};

/// Runs the checks that build nothing.
pub(crate) fn quick(workspace: &Workspace, steps: &mut Steps) {
    steps.step("format", || {
        if has(workspace, "rustfmt", "fmt") {
            command::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
        } else {
            Ok(())
        }
    });
    steps.step("direction of crates", || direction::check(workspace));
    steps.step("manifests", || manifest::check(workspace));
    steps.step("modules", || modules::check(workspace));
    steps.step("words", || words::check_all(workspace));
}

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    quick(workspace, steps);
    deny::run(workspace, steps);
    steps.step("clippy", || {
        if !has(workspace, "clippy", "clippy") {
            return Ok(());
        }
        let workspace_flags = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ];
        command::run(&mut workspace.cargo(&workspace_flags))
    });
    each_crate_alone(workspace, steps);
    steps.step("docs", || {
        let mut doc = workspace.cargo(&["doc", "--no-deps", "--all-features"]);
        doc.env(
            "RUSTDOCFLAGS",
            command::add_flag("RUSTDOCFLAGS", "-D warnings"),
        );
        for package in workspace.published() {
            doc.args(["--package", &package.name]);
        }
        command::run(&mut doc)
    });
    bench::lint(workspace, steps);
}

/// Returns whether a component of Rust is installed, and prints that its step is skipped if not.
fn has(workspace: &Workspace, component: &str, subcommand: &str) -> bool {
    let installed = command::succeeds(&mut workspace.cargo(&[subcommand, "--version"]));
    if !installed {
        print_line(format_args!(
            "skipped: not installed, use `rustup component add {component}`"
        ));
    }
    installed
}

/// Checks each crate alone with each feature.
///
/// Cargo unifies features in a workspace, which hides a crate that does not compile alone.
fn each_crate_alone(workspace: &Workspace, steps: &mut Steps) {
    if !has(workspace, "clippy", "clippy") {
        return;
    }
    for package in workspace.published() {
        for set in features::sets(&package.features) {
            steps.step(
                format!("{}: {}", package.name, features::name(&set)),
                || {
                    // Not `check` with `RUSTFLAGS`, because other flags would rebuild every dependency.
                    let mut clippy = workspace.cargo(&["clippy", "--package", &package.name]);
                    command::run(clippy.args(set).args(["--", "-D", "warnings"]))
                },
            );
        }
    }
}
