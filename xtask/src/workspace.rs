//! The workspace, read from `cargo metadata`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::{Result, command};

#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) readme: Option<PathBuf>,
    pub(crate) rust_version: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency.
    pub(crate) kind: Option<Kind>,
    pub(crate) optional: bool,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

/// The table `[package.metadata]`, which other tools use too.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    docs: DocsMetadata,
    #[serde(default)]
    gusset: GussetMetadata,
}

#[derive(Deserialize, Default)]
struct DocsMetadata {
    rs: Option<DocsRs>,
}

/// The table `[package.metadata.docs.rs]`, the settings of docs.rs.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct DocsRs {
    pub(crate) all_features: bool,
    pub(crate) rustdoc_args: Vec<String>,
}

#[derive(Deserialize, Default)]
struct GussetMetadata {
    #[serde(default)]
    loom: bool,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let json = command::output(command::cargo().args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))?;
        Self::parse(&json)
    }

    fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| format!("`cargo metadata`: unexpected output: {error}").into())
    }

    /// Returns a command for cargo at the root of the workspace.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = command::cargo();
        cargo.current_dir(&self.root).args(arguments);
        cargo
    }

    /// Returns the published crates, which are those in `crates/`.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        let crates = self.root.join("crates");
        self.packages
            .iter()
            .filter(move |package| package.manifest_path.starts_with(&crates))
    }
}

impl Package {
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Returns whether the crate has loom tests: `[package.metadata.gusset] loom = true`.
    pub(crate) fn loom(&self) -> bool {
        self.metadata
            .as_ref()
            .is_some_and(|metadata| metadata.gusset.loom)
    }

    /// Returns the settings of docs.rs, if the manifest has them.
    pub(crate) fn docs_rs(&self) -> Option<&DocsRs> {
        self.metadata.as_ref()?.docs.rs.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, metadata: &str) -> String {
        format!(
            r#"{{"name": "{name}", "description": null, "license": "MIT", "readme": "README.md",
                "rust_version": "1.85", "keywords": [], "manifest_path": "/r/{folder}/Cargo.toml", "features": {{}},
                "dependencies": [{{"name": "a", "kind": null, "optional": true}}, {{"name": "b", "kind": "dev", "optional": false}}],
                "metadata": {metadata}}}"#
        )
    }

    fn workspace(packages: &[String]) -> Workspace {
        let json = format!(
            r#"{{"packages": [{}], "workspace_root": "/r", "target_directory": "/t"}}"#,
            packages.join(",")
        );
        Workspace::parse(&json).unwrap()
    }

    #[test]
    fn only_crates_folder_is_published() {
        let workspace = workspace(&[
            package("gusset", "crates/gusset", "null"),
            package("xtask", "xtask", "null"),
        ]);
        let published: Vec<&str> = workspace
            .published()
            .map(|package| package.name.as_str())
            .collect();
        assert_eq!(published, ["gusset"]);
    }

    #[test]
    fn dependency_without_kind_is_normal() {
        let workspace = workspace(&[package("gusset", "crates/gusset", "null")]);
        let kinds: Vec<_> = workspace.packages[0]
            .dependencies
            .iter()
            .map(|dependency| dependency.kind)
            .collect();
        assert_eq!(kinds, [None, Some(Kind::Dev)]);
    }

    #[test]
    fn loom_tests_are_enabled_in_manifest() {
        let tables = [
            "null",
            r#"{"docs": {"rs": {}}}"#,
            r#"{"gusset": {"loom": true}}"#,
        ];
        let workspace = workspace(&tables.map(|table| package("gusset", "crates/gusset", table)));
        let loom: Vec<bool> = workspace.packages.iter().map(Package::loom).collect();
        assert_eq!(loom, [false, false, true]);
    }
}
