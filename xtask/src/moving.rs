//! `cargo xtask moving`: compiles the code of `docs/moving` before the change, and compares the old names
//! with those of the real axum-prometheus.

use crate::command;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// A workspace of its own, so that builds of gusset do not build its peers.
const FOLDER: &str = "docs/moving/before";

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step(FOLDER, || {
        let mut test = workspace.cargo(&["test"]);
        test.current_dir(workspace.root.join(FOLDER));
        test.env("CARGO_TARGET_DIR", workspace.target.join("moving"));
        command::run(&mut test)
    });
}
