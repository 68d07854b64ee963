//! `cargo xtask bench`: what a call costs, counted, and written down in `docs/benchmarks.md`.
//! `cargo xtask time`: how long it takes, on this machine and at this moment.

mod machine;
mod measure;
mod page;

use std::fs;
use std::process::Command;

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// A package with the programs that measure its scenarios.
struct Programs {
    package: &'static str,
    instructions: &'static str,
    allocations: &'static str,
}

/// In the order of the page. A package that measures peers is another entry here; its programs need
/// names of their own, for they lie in the same folder.
const PROGRAMS: &[Programs] = &[Programs {
    package: "gusset-benches",
    instructions: "instructions",
    allocations: "allocations",
}];

/// Counts instructions and allocations, and writes the page.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    let there = steps.step("valgrind", || {
        command::succeeds(Command::new("valgrind").arg("--version"))
            .then_some(())
            .ok_or_else(|| "valgrind is missing: it counts the instructions of a call".into())
    });
    let built = steps.step("build the programs", || {
        let mut build = workspace.cargo(&["build", "--release", "--bins"]);
        for Programs { package, .. } in PROGRAMS {
            build.args(["--package", package]);
        }
        command::run(&mut build)
    });
    if there.and(built).is_none() {
        return;
    }
    let folder = workspace.target.join("release");
    let costs = steps.step("instructions and allocations", || {
        measure::costs(&folder, PROGRAMS)
    });
    let sizes = steps.step("sizes", || measure::sizes(&folder));
    let machine = steps.step("the machine", || machine::describe(workspace, PROGRAMS));
    if let (Some(costs), Some(sizes), Some(machine)) = (costs, sizes, machine) {
        steps.step("docs/benchmarks.md", || {
            let text = page::write(&costs, &sizes, &machine)?;
            Ok(fs::write(workspace.root.join("docs/benchmarks.md"), text)?)
        });
    }
}

/// Takes the time with criterion, which tells it and keeps it under `target/criterion`.
pub(crate) fn time(workspace: &Workspace, steps: &mut Steps) {
    for Programs { package, .. } in PROGRAMS {
        steps.step(format!("time: {package}"), || {
            command::run(&mut workspace.cargo(&["bench", "--package", package]))
        });
    }
}
