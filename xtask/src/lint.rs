//! `cargo xtask lint`: all that can be said of the code without running it.

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{command, direction, features, manifest, words};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    // The quick ones first: whoever waits learns of them at once.
    steps.step("format", || {
        command::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
    });
    steps.step("direction of crates", || direction::check(workspace));
    steps.step("manifests", || manifest::check(workspace));
    steps.step("words", || words::check_all(workspace));
    steps.step("clippy", || {
        let whole = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ];
        command::run(&mut workspace.cargo(&whole))
    });
    each_crate_alone(workspace, steps);
    steps.step("docs", || {
        let mut doc = workspace.cargo(&["doc", "--no-deps", "--all-features"]);
        doc.env("RUSTDOCFLAGS", command::also("RUSTDOCFLAGS", "-D warnings"));
        for package in workspace.published() {
            doc.args(["--package", &package.name]);
        }
        command::run(&mut doc)
    });
}

/// A feature that compiles only beside another, or only because a neighbour in the workspace turns
/// something on, breaks the stranger who takes that crate by itself.
fn each_crate_alone(workspace: &Workspace, steps: &mut Steps) {
    for package in workspace.published() {
        for set in features::sets(&package.features) {
            steps.step(
                format!("{}: {}", package.name, features::name(&set)),
                || {
                    // Clippy, not `check` with RUSTFLAGS: other flags would rebuild every dependency.
                    let mut clippy = workspace.cargo(&["clippy", "--package", &package.name]);
                    command::run(clippy.args(set).args(["--", "-D", "warnings"]))
                },
            );
        }
    }
}
