//! `cargo xtask ci`: runs the checks of the CI, with one table of times.

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{lint, test};

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    test::run(workspace, steps, false);
    lint::run(workspace, steps);
}
