//! `cargo xtask lint`: runs the static checks.

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{command, direction, features, manifest, words};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    // Fast checks run first.
    steps.step("format", || {
        command::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
    });
    steps.step("direction of crates", || direction::check(workspace));
    steps.step("manifests", || manifest::check(workspace));
    steps.step("words", || words::check_all(workspace));
    steps.step("clippy", || {
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
}

/// Checks each crate alone with each feature.
///
/// Cargo unifies features in a workspace, which hides a crate that does not compile alone.
fn each_crate_alone(workspace: &Workspace, steps: &mut Steps) {
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
