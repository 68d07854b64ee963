//! `cargo xtask test`: every test, on a machine that may have nothing but Rust.

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{command, tools};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    let path = tools::provide(&workspace.target.join("tools"), steps);
    let cargo = |arguments: &[&str]| {
        let mut cargo = workspace.cargo(arguments);
        cargo.env("PATH", &path);
        cargo
    };

    // Built first, so that the table tells building from running. Not `--all-targets`, which
    // leaves the tests in the docs out; clippy builds the benchmarks.
    let tests = ["test", "--workspace", "--all-features", "--no-fail-fast"];
    let built = steps.step("build the tests", || {
        command::run(cargo(&tests).arg("--no-run"))
    });
    if built.is_some() {
        steps.step("run the tests", || command::run(&mut cargo(&tests)));
    }

    // `--cfg loom` is for every crate of the build: a target folder of its own keeps the other.
    for package in workspace.packages.iter().filter(|package| package.loom()) {
        steps.step(format!("loom: {}", package.name), || {
            let mut loom = cargo(&[
                "test",
                "--package",
                &package.name,
                "--release",
                "--lib",
                "loom",
            ]);
            loom.env("RUSTFLAGS", command::also("RUSTFLAGS", "--cfg loom"));
            loom.env("CARGO_TARGET_DIR", workspace.target.join("loom"));
            command::run(&mut loom)
        });
    }
}
