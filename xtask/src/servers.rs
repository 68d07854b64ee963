//! Programs in Go that the tests need, most of them servers: built from pinned modules, and kept under `target/tools/go`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::steps::{Steps, print_line};
use crate::workspace::Workspace;

struct Server {
    /// The name of the program.
    name: &'static str,
    /// The environment variable with which a user names another program.
    variable: &'static str,
    /// The folder of its module in `tests/tools`.
    module: &'static str,
    package: &'static str,
    build_tags: &'static str,
    needed_by: &'static str,
}

const SERVERS: &[Server] = &[
    Server {
        name: "otelcol",
        variable: "OTELCOL",
        module: "collector",
        package: ".",
        build_tags: "",
        needed_by: "tests that export telemetry to the OpenTelemetry Collector",
    },
    Server {
        name: "prometheus",
        variable: "PROMETHEUS",
        module: "prometheus",
        package: "github.com/prometheus/prometheus/cmd/prometheus",
        // Without the clients of all clouds, which are most of the build.
        build_tags: "remove_all_sd",
        needed_by: "tests that export metrics to Prometheus 3",
    },
    Server {
        name: "promtool",
        variable: "PROMTOOL",
        module: "prometheus",
        package: "github.com/prometheus/prometheus/cmd/promtool",
        build_tags: "remove_all_sd",
        needed_by: "tests of alerts",
    },
    Server {
        name: "grafana-schema",
        variable: "GRAFANA_SCHEMA",
        module: "grafana",
        package: ".",
        build_tags: "",
        needed_by: "tests that validate dashboards by Grafana's schema",
    },
    Server {
        name: "jaeger",
        variable: "JAEGER",
        module: "jaeger",
        package: "github.com/jaegertracing/jaeger/cmd/all-in-one",
        build_tags: "",
        needed_by: "tests that read traces back from Jaeger",
    },
    Server {
        name: "victoria-logs",
        variable: "VICTORIALOGS",
        module: "victorialogs",
        package: "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs",
        build_tags: "",
        needed_by: "tests that find log entries in VictoriaLogs",
    },
];

/// Builds the missing servers if they are `requested` or in a CI (`CI` is set), and returns the
/// environment variables with which the tests find all servers.
///
/// A server that is requested and cannot be built is a failure. The tests of a missing server are
/// skipped, and print that.
pub(crate) fn provide(
    workspace: &Workspace,
    (requested, path): (bool, &OsStr),
    steps: &mut Steps,
) -> Vec<(&'static str, PathBuf)> {
    let requested = requested || is_set("CI");
    let mut found = Vec::new();
    for server in SERVERS.iter().filter(|server| !is_set(server.variable)) {
        let build = Build::new(server, workspace);
        if !build.is_current() {
            if !requested {
                print_line(format_args!("{}", server.not_built()));
                continue;
            }
            let step = format!("build {}", server.name);
            if steps.step(step, || build.run(path)).is_none() {
                continue;
            }
        }
        found.push((server.variable, build.program));
    }
    found
}

impl Server {
    fn not_built(&self) -> String {
        let Self {
            name,
            variable,
            needed_by,
            ..
        } = self;
        format!(
            "{name}: not built. The {needed_by} are skipped. \
             `cargo xtask test --all` builds it with Go, and `{variable}` names another one."
        )
    }
}

/// The build of one server.
struct Build<'a> {
    server: &'a Server,
    module: PathBuf,
    program: PathBuf,
}

// === impl Build ===

impl<'a> Build<'a> {
    fn new(server: &'a Server, workspace: &Workspace) -> Self {
        Self {
            server,
            module: workspace.root.join("tests/tools").join(server.module),
            program: workspace.target.join("tools/go").join(server.name),
        }
    }

    /// Returns whether the program is there, and its sources are those it was built from.
    fn is_current(&self) -> bool {
        let built_from = fs::read_to_string(self.fingerprint_file());
        self.program.exists() && built_from.is_ok_and(|it| Some(it) == self.fingerprint().ok())
    }

    fn run(&self, path: &OsStr) -> crate::Result<()> {
        let Server {
            package,
            build_tags,
            ..
        } = self.server;
        // The exact versions are those of `go.mod` and `go.sum`.
        let mut go = Command::new("go");
        go.args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath"])
            .args(["-ldflags", "-s -w", "-tags", build_tags, "-o"])
            .arg(&self.program)
            .arg(package)
            .current_dir(&self.module)
            .env("CGO_ENABLED", "0")
            .env("PATH", path);
        command::run(&mut go)?;
        fs::write(self.fingerprint_file(), self.fingerprint()?)?;
        Ok(())
    }

    fn fingerprint_file(&self) -> PathBuf {
        self.program.with_extension("fingerprint")
    }

    /// Returns a hash of the sources and the build tags.
    fn fingerprint(&self) -> crate::Result<String> {
        let mut hasher = DefaultHasher::new();
        self.server.build_tags.hash(&mut hasher);
        for (name, content) in files(&self.module)? {
            (name, content).hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

/// Returns the names and contents of the files of a folder, in the order of their names.
fn files(folder: &Path) -> crate::Result<Vec<(OsString, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.file_name(), fs::read(entry.path())?));
    }
    files.sort();
    Ok(files)
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TestFolder(PathBuf);

    impl TestFolder {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for TestFolder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn changed_source_is_built_again() {
        let folder = TestFolder::new("servers");
        let build = Build {
            server: &SERVERS[0],
            module: folder.0.join("module"),
            program: folder.0.join("otelcol"),
        };
        fs::create_dir(&build.module).unwrap();
        fs::write(build.module.join("go.mod"), "module a\n").unwrap();
        assert!(!build.is_current(), "nothing is built");

        fs::write(build.fingerprint_file(), build.fingerprint().unwrap()).unwrap();
        assert!(!build.is_current(), "the program is missing");
        fs::write(&build.program, "").unwrap();
        assert!(build.is_current());

        fs::write(build.module.join("go.mod"), "module b\n").unwrap();
        assert!(!build.is_current(), "its source changed");
    }

    #[test]
    fn every_server_has_pinned_modules() {
        for Server { name, module, .. } in SERVERS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools");
            let files = files(&folder.join(module)).unwrap();
            let names: Vec<_> = files.iter().map(|(name, _)| name.as_os_str()).collect();
            for file in ["go.mod", "go.sum"] {
                assert!(names.contains(&OsStr::new(file)), "{name}: {file}");
            }
        }
    }

    #[test]
    fn missing_server_is_reported_with_a_remedy() {
        let message = SERVERS[0].not_built();
        assert!(message.contains("skipped"), "{message}");
        assert!(message.contains("cargo xtask test --all"), "{message}");
        assert!(message.contains("OTELCOL"), "{message}");
    }
}
