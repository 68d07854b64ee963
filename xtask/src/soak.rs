//! `cargo xtask soak`: an hour of mixed calls in minutes, whose resources stay flat.

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The duration, in seconds. Every run of the tests has a short one.
const SECONDS: &str = "240";

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step("soak", || {
        let test = [
            "test",
            "--package",
            "gusset-tests",
            "--test",
            "soak",
            "--",
            "--nocapture",
        ];
        command::run(workspace.cargo(&test).env("GUSSET_SOAK_SECONDS", SECONDS))
    });
}
