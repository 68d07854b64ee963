//! The packages with the programs that measure.

use std::path::PathBuf;
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Result, command};

/// A package with programs that measure its scenarios: `instructions` and `allocations`; that of
/// peers has `times` and `sockets` too.
pub(super) struct Programs {
    pub(super) package: &'static str,
    /// Outside of the workspace: where its manifest lies.
    outside: Option<&'static str>,
}

/// Ours.
pub(super) const OURS: Programs = Programs {
    package: "gusset-benches",
    outside: None,
};

/// Ours beside those of others.
pub(super) const PEERS: Programs = Programs {
    package: "gusset-benches-peers",
    outside: Some("benches/peers/Cargo.toml"),
};

/// Traces beside those of others.
pub(super) const TRACES: Programs = Programs {
    package: "gusset-benches-traces",
    outside: Some("benches/traces/Cargo.toml"),
};

/// The circuit breaker beside its peers.
pub(super) const BREAKERS: Programs = Programs {
    package: "gusset-benches-breakers",
    outside: Some("benches/breakers/Cargo.toml"),
};

/// The log beside its peers.
pub(super) const LOGS: Programs = Programs {
    package: "gusset-benches-logs",
    outside: Some("benches/logs/Cargo.toml"),
};

// === impl Programs ===

impl Programs {
    /// Builds the programs; for those of peers, their crates are fetched if need be, and it is tested
    /// that they record at all.
    pub(super) fn build(&self, workspace: &Workspace) -> Result<()> {
        command::run(self.cargo(workspace, "build").args(["--release", "--bins"]))
            .map_err(|error| self.explain(error))?;
        if self.outside.is_some() {
            command::run(self.cargo(workspace, "test").arg("--release"))?;
        }
        Ok(())
    }

    /// What it is made of, by name and version: what it asks for itself.
    pub(super) fn tree(&self, workspace: &Workspace) -> Result<String> {
        let mut tree = self.cargo(workspace, "tree");
        tree.args(["--edges", "normal", "--depth", "1", "--prefix", "none"]);
        command::output(&mut tree)
    }

    /// Where its programs lie.
    pub(super) fn folder(&self, workspace: &Workspace) -> PathBuf {
        self.target(workspace).join("release")
    }

    fn cargo(&self, workspace: &Workspace, what: &str) -> Command {
        let mut cargo = workspace.cargo(&[what]);
        match self.outside {
            Some(manifest) => cargo.args(["--manifest-path", manifest]),
            None => cargo.args(["--package", self.package]),
        };
        cargo.env("CARGO_TARGET_DIR", self.target(workspace));
        cargo
    }

    /// A folder of its own for what has a lock of its own: its crates have other features, and its
    /// programs the same names.
    fn target(&self, workspace: &Workspace) -> PathBuf {
        let outside = self.outside.and_then(|manifest| manifest.split('/').nth(1));
        match outside {
            Some(folder) => workspace.target.join(folder),
            None => workspace.target.clone(),
        }
    }

    fn explain(&self, error: Box<dyn std::error::Error>) -> Box<dyn std::error::Error> {
        match self.outside {
            Some(_) => format!(
                "{error}. If the crates of peers cannot be fetched, `cargo xtask count` does without them"
            )
            .into(),
            None => error,
        }
    }
}
