//! The tools that tests against real servers need, and the package of each.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::command;
use crate::provide::{Provider, Source};
use crate::steps::{Steps, print_line};

struct Tool {
    name: &'static str,
    /// Succeeds if the tool is installed.
    check: &'static [&'static str],
    source: Source,
    needed_by: &'static str,
}

/// Returns the package of a program of PostgreSQL, in the version of Debian 12. Installed, it would start a daemon.
const fn postgresql(program: &'static str) -> Source {
    Source::UnpackDaemon {
        program,
        packages: &[
            "postgresql-15",
            "libgssapi-krb5-2",
            "libicu72",
            "libk5crypto3",
            "libkeyutils1",
            "libkrb5-3",
            "libkrb5support0",
            "libldap-2.5-0",
            "libpq5",
            "libsasl2-2",
            "libxml2",
        ],
    }
}

/// All tools. Python comes before its packages.
const TOOLS: &[Tool] = &[
    Tool {
        name: "prometheus",
        check: &["prometheus", "--version"],
        source: Source::Unpack("prometheus"),
        needed_by: "tests in which Prometheus scrapes a running service",
    },
    Tool {
        name: "promtool",
        check: &["promtool", "--version"],
        source: Source::Unpack("prometheus"),
        needed_by: "tests that check the metrics endpoint with `promtool`",
    },
    Tool {
        // Its Go module has no website to embed, so it is not built from source. Installed and not unpacked, because it
        // opens its template at a fixed path.
        name: "prometheus-alertmanager",
        check: &["prometheus-alertmanager", "--version"],
        source: Source::Install("prometheus-alertmanager"),
        needed_by: "tests in which an alert reaches a webhook",
    },
    Tool {
        name: "python3",
        check: &["python3", "--version"],
        source: Source::Install("python3"),
        needed_by: "tests that read the metrics endpoint with the reference parser",
    },
    Tool {
        name: "prometheus-client",
        check: &["python3", "-c", "import prometheus_client"],
        source: Source::Pip("prometheus-client"),
        needed_by: "tests that read the metrics endpoint with the reference parser",
    },
    Tool {
        name: "grpcio-health-checking",
        check: &["python3", "-c", "import grpc_health.v1.health_pb2_grpc"],
        source: Source::Pip("grpcio-health-checking"),
        needed_by: "tests that query the gRPC health service with the reference client",
    },
    Tool {
        name: "kubernetes-validate",
        check: &["python3", "-c", "import kubernetes_validate"],
        source: Source::Pip("kubernetes-validate"),
        needed_by: "tests that validate the manifests of the examples",
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
        needed_by: "tests that restart services behind a load balancer",
    },
    Tool {
        name: "nginx",
        check: &["nginx", "-v"],
        source: Source::UnpackDaemon {
            program: "nginx",
            packages: &["nginx"],
        },
        needed_by: "tests that export telemetry through nginx",
    },
    Tool {
        name: "redis-server",
        check: &["redis-server", "--version"],
        source: Source::UnpackDaemon {
            program: "redis-server",
            packages: &[
                "redis-server",
                "redis-tools",
                "libjemalloc2",
                "liblua5.1-0",
                "liblzf1",
                "lua-bitop",
                "lua-cjson",
            ],
        },
        needed_by: "tests in which a worker takes messages from a stream of Redis",
    },
    Tool {
        name: "nats-server",
        check: &["nats-server", "--version"],
        source: Source::UnpackDaemon {
            program: "nats-server",
            packages: &["nats-server"],
        },
        needed_by: "tests in which a worker takes messages from NATS JetStream",
    },
    Tool {
        name: "rabbitmq-server",
        check: &["rabbitmq-unpacked", "--is-installed"],
        source: Source::UnpackRabbitmq(&[
            "rabbitmq-server",
            "erlang-asn1",
            "erlang-base",
            "erlang-crypto",
            "erlang-eldap",
            "erlang-ftp",
            "erlang-inets",
            "erlang-mnesia",
            "erlang-os-mon",
            "erlang-parsetools",
            "erlang-public-key",
            "erlang-runtime-tools",
            "erlang-snmp",
            "erlang-ssl",
            "erlang-syntax-tools",
            "erlang-tftp",
            "erlang-tools",
            "erlang-xmerl",
        ]),
        needed_by: "tests in which a worker takes messages from RabbitMQ",
    },
    Tool {
        name: "postgresql",
        check: &["postgres", "--version"],
        source: postgresql("postgres"),
        needed_by: "tests in which an order is stored in PostgreSQL",
    },
    Tool {
        name: "initdb",
        check: &["initdb", "--version"],
        source: postgresql("initdb"),
        needed_by: "tests in which an order is stored in PostgreSQL",
    },
    Tool {
        name: "go",
        check: &["go", "version"],
        source: Source::Install("golang-go"),
        needed_by: "tests that export telemetry to a server in Go",
    },
    Tool {
        name: "jsonschema",
        check: &["python3", "-c", "import jsonschema"],
        source: Source::Pip("jsonschema"),
        needed_by: "tests that validate JSON log entries against schemas",
    },
    Tool {
        name: "logfmt",
        check: &["python3", "-c", "import logfmt"],
        source: Source::Pip("logfmt"),
        needed_by: "tests that read logfmt entries with another parser",
    },
    Tool {
        name: "apache-log-parser",
        check: &["python3", "-c", "import apache_log_parser"],
        source: Source::Pip("apache-log-parser"),
        needed_by: "tests that read the Common Log Format with another parser",
    },
    Tool {
        name: "goaccess",
        check: &["goaccess", "--version"],
        source: Source::Install("goaccess"),
        needed_by: "tests that read the Common Log Format with GoAccess",
    },
    Tool {
        name: "curl",
        check: &["curl", "--version"],
        source: Source::Install("curl"),
        needed_by: "tests that call a running service from outside",
    },
    Tool {
        name: "chromium",
        check: &["chromium", "--version"],
        source: Source::Install("chromium"),
        needed_by: "tests of pages in a real browser",
    },
    Tool {
        name: "chromedriver",
        check: &["chromedriver", "--version"],
        source: Source::Install("chromium-driver"),
        needed_by: "tests of pages in a real browser",
    },
    Tool {
        name: "valgrind",
        check: &["valgrind", "--version"],
        source: Source::Install("valgrind"),
        needed_by: "tests that count the instructions of a call",
    },
];

/// Installs missing tools where possible, and prints the ones that are still missing.
///
/// Returns the `PATH` for the tests. A missing tool is a failure only in a CI (`CI` is set).
/// Elsewhere the tests that need it are skipped, and print that.
pub(crate) fn provide(folder: &Path, steps: &mut Steps) -> OsString {
    let mut provider = Provider::new(folder);
    let path = search_path(&provider.bin_folders(), env::var_os("PATH"));
    let mut missing = Vec::new();

    for tool in TOOLS {
        // Checked late: an earlier package may contain this tool, as `prometheus` does `promtool`.
        if tool.is_installed(&path) {
            continue;
        }
        let mut reason = None;
        // A failed installation is not an error yet, so the step never fails.
        steps.step(format!("install {}", tool.name), || {
            let installed = provider.get(&tool.source, &path);
            reason = installed.err().map(|error| error.to_string());
            Ok(())
        });
        if !tool.is_installed(&path) {
            missing.push((
                tool,
                reason.unwrap_or_else(|| "installed, but its check fails".into()),
            ));
        }
    }

    let report = || report(&missing, env::var_os("CI").is_some_and(|ci| !ci.is_empty()));
    steps.step("tools", report);
    path
}

impl Tool {
    fn is_installed(&self, path: &OsString) -> bool {
        let [program, arguments @ ..] = self.check else {
            return false;
        };
        command::succeeds(Command::new(program).args(arguments).env("PATH", path))
    }
}

fn report(missing: &[(&Tool, String)], ci: bool) -> crate::Result<()> {
    for (tool, reason) in missing {
        let Tool {
            name, needed_by, ..
        } = tool;
        let consequence = if ci { "fail" } else { "are skipped" };
        print_line(format_args!(
            "{name}: not installed: {reason}. The {needed_by} {consequence}."
        ));
    }
    let names: Vec<&str> = missing.iter().map(|(tool, _)| tool.name).collect();
    match names.as_slice() {
        [] => {
            print_line("all tools are installed");
            Ok(())
        }
        _ if ci => Err(format!("not installed: {}", names.join(", ")).into()),
        _ => Ok(()),
    }
}

/// Returns a `PATH` with these folders before the existing ones.
fn search_path(folders: &[std::path::PathBuf], path: Option<OsString>) -> OsString {
    let path = path.unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&path));
    // Keeps the old value if a folder name is not valid in a `PATH`.
    env::join_paths(all).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tool_fails_only_in_ci() {
        let missing = [(&TOOLS[0], "no network".to_owned())];
        assert!(report(&missing, false).is_ok());
        let error = report(&missing, true).unwrap_err().to_string();
        assert!(error.contains("prometheus"), "{error}");
        assert!(report(&[], true).is_ok());
    }

    #[test]
    fn own_folders_come_first_in_path() {
        let path = search_path(&["/ours".into()], env::join_paths(["/a", "/b"]).ok());
        let folders: Vec<_> = env::split_paths(&path).collect();
        assert_eq!(folders, ["/ours", "/a", "/b"].map(std::path::PathBuf::from));
    }

    #[test]
    fn missing_tool_is_detected() {
        let tool = |check| Tool {
            name: "t",
            check,
            source: Source::Install("t"),
            needed_by: "tests",
        };
        let path = env::var_os("PATH").unwrap_or_default();
        assert!(tool(&["cargo", "--version"]).is_installed(&path));
        assert!(!tool(&["cargo", "no-such-subcommand"]).is_installed(&path));
        assert!(!tool(&["no-such-program-of-gusset"]).is_installed(&path));
    }
}
