//! The packages that contain the measuring programs.

use std::path::PathBuf;
use std::process::Command;

use crate::workspace::Workspace;
use crate::{Result, command};

/// A package with the programs `instructions` and `allocations`. The package of peers also has `times`
/// and `sockets`.
pub(super) struct Programs {
    pub(super) package: &'static str,
    /// The manifest, for a package outside of the workspace.
    outside: Option<&'static str>,
}

/// The benchmarks of gusset alone.
pub(super) const OURS: Programs = Programs {
    package: "gusset-benches",
    outside: None,
};

/// The comparison with other crates.
pub(super) const PEERS: Programs = Programs {
    package: "gusset-benches-peers",
    outside: Some("benches/peers/Cargo.toml"),
};

/// The comparison of traces.
pub(super) const TRACES: Programs = Programs {
    package: "gusset-benches-traces",
    outside: Some("benches/traces/Cargo.toml"),
};

/// The comparison of circuit breakers.
pub(super) const BREAKERS: Programs = Programs {
    package: "gusset-benches-breakers",
    outside: Some("benches/breakers/Cargo.toml"),
};

/// The comparison of logs.
pub(super) const LOGS: Programs = Programs {
    package: "gusset-benches-logs",
    outside: Some("benches/logs/Cargo.toml"),
};

/// The comparison of readings of the system.
pub(super) const SYSTEM: Programs = Programs {
    package: "gusset-benches-system",
    outside: Some("benches/system/Cargo.toml"),
};

/// The viewers of the operations page.
pub(super) const VIEWERS: Programs = Programs {
    package: "gusset-benches-viewers",
    outside: Some("benches/viewers/Cargo.toml"),
};

/// What a service uses.
pub(super) const WHOLE: Programs = Programs {
    package: "gusset-benches-whole",
    outside: Some("benches/whole/Cargo.toml"),
};

/// The five jobs without gusset, written manually and by other crates.
pub(super) const STACKS: Programs = Programs {
    package: "gusset-benches-stacks",
    outside: Some("benches/stacks/Cargo.toml"),
};

/// The memory of series, and their records. Also has `memory`.
pub(super) const SERIES: Programs = Programs {
    package: "gusset-benches-series",
    outside: Some("benches/series/Cargo.toml"),
};

// === impl Programs ===

impl Programs {
    /// Builds the programs, and runs the tests of a package outside of the workspace.
    ///
    /// Those tests check that each peer records. Cargo may download the crates of peers.
    pub(super) fn build(&self, workspace: &Workspace) -> Result<()> {
        command::run(self.cargo(workspace, "build").args(["--release", "--bins"]))
            .map_err(|error| self.explain(error))?;
        if self.outside.is_some() {
            command::run(self.cargo(workspace, "test").arg("--release"))?;
        }
        Ok(())
    }

    /// Lists the direct dependencies, by name and version.
    pub(super) fn tree(&self, workspace: &Workspace) -> Result<String> {
        let mut tree = self.cargo(workspace, "tree");
        tree.args(["--edges", "normal", "--depth", "1", "--prefix", "none"]);
        command::output(&mut tree)
    }

    /// Returns the folder of the built programs.
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

    /// Returns the target folder.
    ///
    /// A package outside of the workspace has a separate one: its crates have other features, and its
    /// programs have the same names.
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
                "{error}. Without a network, use `cargo xtask count`, which needs no other crates"
            )
            .into(),
            None => error,
        }
    }
}
