//! `cargo xtask scenarios FILE`: replays a file of scenarios against the circuit breaker.

use std::path::Path;

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, file: &str) {
    steps.step(format!("scenarios: {file}"), || {
        // The path is relative to the current folder, and cargo runs at the root of the workspace.
        let path = std::path::absolute(Path::new(file))?;
        // An example of the crate, so that xtask does not depend on it.
        let example = [
            "run",
            "--quiet",
            "--package",
            "gusset-breaker",
            "--example",
            "scenarios",
            "--",
        ];
        command::run(workspace.cargo(&example).arg(path))
    });
}
