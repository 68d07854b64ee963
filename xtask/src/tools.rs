//! The tools that tests against real servers need, and where each comes from.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::command;
use crate::provide::{Provider, Source};
use crate::steps::{Steps, print_line};

struct Tool {
    name: &'static str,
    /// Ends well when the tool is there.
    check: &'static [&'static str],
    source: Source,
    needed_by: &'static str,
}

/// In order of need: Python comes before its packages.
const TOOLS: &[Tool] = &[
    Tool {
        name: "prometheus",
        check: &["prometheus", "--version"],
        source: Source::Unpack("prometheus"),
        needed_by: "tests that let Prometheus scrape a running service",
    },
    Tool {
        name: "promtool",
        check: &["promtool", "--version"],
        source: Source::Unpack("prometheus"),
        needed_by: "tests that have the page checked by `promtool`",
    },
    Tool {
        name: "python3",
        check: &["python3", "--version"],
        source: Source::Install("python3"),
        needed_by: "tests that have the page read by the reference parser",
    },
    Tool {
        name: "prometheus-client",
        check: &["python3", "-c", "import prometheus_client"],
        source: Source::Pip("prometheus-client"),
        needed_by: "tests that have the page read by the reference parser",
    },
    Tool {
        name: "grpcio-health-checking",
        check: &["python3", "-c", "import grpc_health.v1.health_pb2_grpc"],
        source: Source::Pip("grpcio-health-checking"),
        needed_by: "tests that have gRPC's health service asked by the reference client",
    },
    Tool {
        name: "kubernetes-validate",
        check: &["python3", "-c", "import kubernetes_validate"],
        source: Source::Pip("kubernetes-validate"),
        needed_by: "tests that have the manifests of the examples validated",
    },
    Tool {
        name: "haproxy",
        check: &["haproxy", "-v"],
        source: Source::UnpackDaemon {
            program: "haproxy",
            packages: &[
                "haproxy",
                "liblua5.3-0",
                "libopentracing-c-wrapper0",
                "libopentracing1",
            ],
        },
        needed_by: "tests that restart services behind a balancer",
    },
    Tool {
        name: "jsonschema",
        check: &["python3", "-c", "import jsonschema"],
        source: Source::Pip("jsonschema"),
        needed_by: "tests that have lines of JSON checked against schemas",
    },
    Tool {
        name: "logfmt",
        check: &["python3", "-c", "import logfmt"],
        source: Source::Pip("logfmt"),
        needed_by: "tests that have lines of logfmt read by another parser",
    },
    Tool {
        name: "apache-log-parser",
        check: &["python3", "-c", "import apache_log_parser"],
        source: Source::Pip("apache-log-parser"),
        needed_by: "tests that have lines of the Common Log Format read by another parser",
    },
    Tool {
        name: "goaccess",
        check: &["goaccess", "--version"],
        source: Source::Install("goaccess"),
        needed_by: "tests that have lines of the Common Log Format counted by who counts them",
    },
    Tool {
        name: "curl",
        check: &["curl", "--version"],
        source: Source::Install("curl"),
        needed_by: "tests that call a running service from outside",
    },
    Tool {
        name: "valgrind",
        check: &["valgrind", "--version"],
        source: Source::Install("valgrind"),
        needed_by: "tests that count the instructions of a call",
    },
];

/// Gets what is missing where that can be done, and tells what could not be got.
///
/// Gives the `PATH` on which the tests find it all. A missing tool is a failure only in a CI
/// (`CI` is set): elsewhere the tests that need it skip themselves, and say so.
pub(crate) fn provide(folder: &Path, steps: &mut Steps) -> OsString {
    let mut provider = Provider::new(folder);
    let path = search_path(&provider.bin_folders(), env::var_os("PATH"));
    let mut missing = Vec::new();

    for tool in TOOLS {
        // Asked only now: an earlier tool may have brought this one, as `prometheus` does `promtool`.
        if tool.is_there(&path) {
            continue;
        }
        let mut reason = None;
        // Not to be able to get a tool is no failure yet, so the step has none.
        steps.step(format!("get {}", tool.name), || {
            let got = provider.get(&tool.source, &path);
            reason = got.err().map(|error| error.to_string());
            Ok(())
        });
        if !tool.is_there(&path) {
            missing.push((
                tool,
                reason.unwrap_or_else(|| "it was got, but does not run".into()),
            ));
        }
    }

    let tell = || tell(&missing, env::var_os("CI").is_some_and(|ci| !ci.is_empty()));
    steps.step("tools", tell);
    path
}

impl Tool {
    fn is_there(&self, path: &OsString) -> bool {
        let [program, arguments @ ..] = self.check else {
            return false;
        };
        command::succeeds(Command::new(program).args(arguments).env("PATH", path))
    }
}

fn tell(missing: &[(&Tool, String)], ci: bool) -> crate::Result<()> {
    for (tool, reason) in missing {
        let Tool {
            name, needed_by, ..
        } = tool;
        let consequence = if ci { "fail" } else { "skip themselves" };
        print_line(format_args!(
            "{name} is missing: {reason}. The {needed_by} {consequence}."
        ));
    }
    let names: Vec<&str> = missing.iter().map(|(tool, _)| tool.name).collect();
    match names.as_slice() {
        [] => {
            print_line("every tool is there");
            Ok(())
        }
        _ if ci => Err(format!(
            "CI is set, and these tools are missing: {}",
            names.join(", ")
        )
        .into()),
        _ => Ok(()),
    }
}

/// Our folders first: what was got there was got because the rest of the path did not have it.
fn search_path(folders: &[std::path::PathBuf], path: Option<OsString>) -> OsString {
    let path = path.unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&path));
    // A folder whose name cannot stand in a PATH is one nobody finds tools in.
    env::join_paths(all).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_a_failure_only_in_a_ci() {
        let missing = [(&TOOLS[0], "no network".to_owned())];
        assert!(tell(&missing, false).is_ok());
        let error = tell(&missing, true).unwrap_err().to_string();
        assert!(error.contains("prometheus"), "{error}");
        assert!(tell(&[], true).is_ok());
    }

    #[test]
    fn our_folders_come_before_the_rest_of_the_path() {
        let path = search_path(&["/ours".into()], env::join_paths(["/a", "/b"]).ok());
        let folders: Vec<_> = env::split_paths(&path).collect();
        assert_eq!(folders, ["/ours", "/a", "/b"].map(std::path::PathBuf::from));
    }

    #[test]
    fn a_tool_that_is_not_there_is_noticed() {
        let tool = |check| Tool {
            name: "t",
            check,
            source: Source::Install("t"),
            needed_by: "tests",
        };
        let path = env::var_os("PATH").unwrap_or_default();
        assert!(tool(&["cargo", "--version"]).is_there(&path));
        assert!(!tool(&["cargo", "no-such-subcommand"]).is_there(&path));
        assert!(!tool(&["no-such-program-of-gusset"]).is_there(&path));
    }
}
