//! `cargo xtask release`: a trial of a release. Publishes nothing.

use std::fs;
use std::path::Path;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{Result, command};

/// What rustdoc writes beside an item that needs a feature.
const FEATURE_NOTE: &str = "Available on crate feature";

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps) {
    steps.step("publish --dry-run", || {
        // Cargo orders the crates, and builds each from its package.
        command::run(&mut workspace.cargo(&["publish", "--workspace", "--dry-run"]))
    });
    steps.step("docs as on docs.rs", || {
        let mut doc = workspace.cargo(&["doc", "--no-deps", "--all-features"]);
        // docs.rs has a nightly compiler, for `doc_cfg`.
        doc.env("RUSTC_BOOTSTRAP", "1");
        doc.env("RUSTDOCFLAGS", "--cfg docsrs -D warnings");
        let target = workspace.target.join("docs-rs");
        doc.env("CARGO_TARGET_DIR", &target);
        for package in workspace.published() {
            doc.args(["--package", &package.name]);
        }
        command::run(&mut doc)?;
        shows_features(&target.join("doc/gusset/index.html"))
    });
}

fn shows_features(page: &Path) -> Result<()> {
    if fs::read_to_string(page)?.contains(FEATURE_NOTE) {
        return Ok(());
    }
    Err(format!("{} does not name the features of its items", page.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_without_features_fails() {
        let page = std::env::temp_dir().join(format!("xtask-release-{}", std::process::id()));
        fs::write(&page, "<html>").expect("a file");
        assert!(shows_features(&page).is_err());
        fs::write(&page, FEATURE_NOTE).expect("a file");
        assert!(shows_features(&page).is_ok());
        fs::remove_file(&page).expect("the file");
    }
}
