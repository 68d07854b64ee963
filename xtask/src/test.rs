//! `cargo xtask test`: runs every test. Needs only Rust; other tools are installed. With `--all`, and in a
//! CI, also builds the servers of the tests.

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{command, servers, tools};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, all: bool) {
    let path = tools::provide(&workspace.target.join("tools"), steps);
    let servers = servers::provide(workspace, (all, &path), steps);
    let cargo = |arguments: &[&str]| {
        let mut cargo = workspace.cargo(arguments);
        cargo.env("PATH", &path).envs(servers.iter().cloned());
        cargo
    };

    // Built first, so that the table has separate times for building and running. Not
    // `--all-targets`, which omits doc tests; clippy builds the benchmarks.
    let tests = ["test", "--workspace", "--all-features", "--no-fail-fast"];
    let built = steps.step("build the tests", || {
        command::run(cargo(&tests).arg("--no-run"))
    });
    if built.is_some() {
        steps.step("run the tests", || command::run(&mut cargo(&tests)));
    }

    // All features together include `bound-instruments`, which replaces what others run.
    steps.step("gusset-opentelemetry without bound instruments", || {
        command::run(&mut cargo(&["test", "--package", "gusset-opentelemetry"]))
    });

    // `--cfg loom` applies to every crate, so a separate target folder avoids rebuilds.
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
            loom.env("RUSTFLAGS", command::add_flag("RUSTFLAGS", "--cfg loom"));
            loom.env("CARGO_TARGET_DIR", workspace.target.join("loom"));
            command::run(&mut loom)
        });
    }
}
