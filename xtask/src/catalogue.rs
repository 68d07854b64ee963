//! `cargo xtask catalogue`: the catalogue of telemetry, from the table of names.

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step("docs/catalogue.md", || {
        // The test that holds the file against the table writes it if asked to, so that xtask need
        // not be built with the crates.
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
