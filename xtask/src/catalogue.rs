//! `cargo xtask catalogue`: writes the catalogue of telemetry from the table of names.

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step("docs/catalogue.md", || {
        // The test that compares the file with the table also writes it, so that xtask does not
        // depend on the crates.
        let test = [
            "test",
            "--package",
            "gusset",
            "--all-features",
            "--test",
            "catalogue",
        ];
        command::run(workspace.cargo(&test).env("GUSSET_WRITE_CATALOGUE", "1"))
    });
}
