//! Which crate may look at which, and at what of the outside.
//!
//! ```text
//! gusset → {log, trace, metrics, breaker, health, prometheus, otlp, …} → http → core
//! ```
//!
//! No feature crate knows another: they meet in the contract of `gusset-core`, and those that make
//! telemetry meet those that carry it away in the types of `gusset-data`, which knows nothing of
//! calls. Exporters may also use `gusset-metrics`. `gusset-testkit` serves tests, so nothing that ships may depend on it.
//! Dev-dependencies keep the direction too, or a crate could not be tested alone; what needs the
//! whole stack to be tested belongs into `tests/`.

use crate::Result;
use crate::workspace::{Dependency, Kind, Workspace};

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let faults: Vec<String> = workspace
        .published()
        .flat_map(|package| faults(&package.name, &package.dependencies))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("; ").into())
    }
}

fn faults(krate: &str, dependencies: &[Dependency]) -> Vec<String> {
    dependencies
        .iter()
        .filter_map(|dependency| fault(krate, dependency))
        .collect()
}

fn fault(krate: &str, dependency: &Dependency) -> Option<String> {
    let Dependency {
        name,
        kind,
        optional,
    } = dependency;
    let dev = *kind == Some(Kind::Dev);

    if name == "gusset-testkit" {
        return (!dev).then(|| format!("{krate} may use gusset-testkit only as a dev-dependency"));
    }
    if ours(name) {
        return (!may_use(krate, name)).then(|| format!("{krate} may not depend on {name}"));
    }
    if name.starts_with("opentelemetry") && !matches!(krate, "gusset-otlp" | "gusset-trace") {
        return Some(format!(
            "{krate} may not depend on {name}: only gusset-otlp and gusset-trace know OpenTelemetry's types"
        ));
    }
    if name == "axum" && !dev && !optional {
        return Some(format!(
            "{krate} must make axum optional: services without it do not pay for it"
        ));
    }
    None
}

fn ours(name: &str) -> bool {
    name == "gusset" || name.starts_with("gusset-")
}

fn may_use(krate: &str, dependency: &str) -> bool {
    match krate {
        "gusset" => true,
        "gusset-core" | "gusset-data" => false,
        "gusset-http" => dependency == "gusset-core",
        "gusset-prometheus" | "gusset-otlp" => {
            matches!(
                dependency,
                "gusset-core" | "gusset-data" | "gusset-http" | "gusset-metrics"
            )
        }
        // The feature crates, the testkit, and each crate to come until it earns a line of its own.
        _ => matches!(dependency, "gusset-core" | "gusset-data" | "gusset-http"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [&str; 5] = [
        "gusset-log",
        "gusset-trace",
        "gusset-metrics",
        "gusset-breaker",
        "gusset-health",
    ];
    const EXPORTERS: [&str; 2] = ["gusset-prometheus", "gusset-otlp"];

    fn normal(name: &str) -> Dependency {
        Dependency {
            name: name.into(),
            kind: None,
            optional: false,
        }
    }

    fn of_kind(name: &str, kind: Kind) -> Dependency {
        Dependency {
            kind: Some(kind),
            ..normal(name)
        }
    }

    #[track_caller]
    fn allowed(krate: &str, dependency: Dependency) {
        assert_eq!(faults(krate, &[dependency]), Vec::<String>::new());
    }

    #[track_caller]
    fn refused(krate: &str, dependency: Dependency) {
        let name = dependency.name.clone();
        let faults = faults(krate, &[dependency]);
        assert_eq!(faults.len(), 1, "{krate} may depend on {name}");
        assert!(
            faults[0].contains(krate) && faults[0].contains(name.as_str()),
            "{faults:?} names the two"
        );
    }

    #[test]
    fn each_crate_may_look_towards_core() {
        allowed("gusset-http", normal("gusset-core"));
        for krate in FEATURES.into_iter().chain(EXPORTERS) {
            allowed(krate, normal("gusset-http"));
            allowed(krate, normal("gusset-core"));
            allowed(krate, normal("gusset-data"));
            allowed("gusset", normal(krate));
        }
        allowed("gusset", normal("gusset-core"));
        allowed("gusset-testkit", normal("gusset-core"));
        allowed("gusset-testkit", normal("gusset-http"));
    }

    #[test]
    fn no_crate_looks_away_from_core() {
        for above in ["gusset-http", "gusset-metrics", "gusset-otlp", "gusset"] {
            refused("gusset-core", normal(above));
        }
        refused("gusset-data", normal("gusset-core"));
        for above in [
            "gusset-metrics",
            "gusset-prometheus",
            "gusset-data",
            "gusset",
        ] {
            refused("gusset-http", normal(above));
        }
        for krate in FEATURES.into_iter().chain(EXPORTERS) {
            refused(krate, normal("gusset"));
        }
    }

    #[test]
    fn no_feature_crate_knows_another() {
        for krate in FEATURES {
            for other in FEATURES
                .into_iter()
                .filter(|other| *other != krate)
                .chain(EXPORTERS)
            {
                refused(krate, normal(other));
            }
        }
        // A crate that nobody has written yet is a feature crate.
        refused("gusset-chaos", normal("gusset-metrics"));
    }

    #[test]
    fn exporters_know_metrics_and_no_other_feature_crate() {
        for krate in EXPORTERS {
            allowed(krate, normal("gusset-metrics"));
            refused(krate, normal("gusset-trace"));
        }
        refused("gusset-prometheus", normal("gusset-otlp"));
    }

    #[test]
    fn the_testkit_never_ships() {
        for krate in [
            "gusset-core",
            "gusset-http",
            "gusset-metrics",
            "gusset-prometheus",
            "gusset",
        ] {
            allowed(krate, of_kind("gusset-testkit", Kind::Dev));
            refused(krate, normal("gusset-testkit"));
            refused(krate, of_kind("gusset-testkit", Kind::Build));
        }
        refused("gusset-testkit", normal("gusset-metrics"));
    }

    #[test]
    fn dev_dependencies_keep_the_direction() {
        refused("gusset-core", of_kind("gusset-http", Kind::Dev));
        refused("gusset-metrics", of_kind("gusset-prometheus", Kind::Dev));
    }

    #[test]
    fn opentelemetry_stays_in_two_crates() {
        for package in ["opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp"] {
            allowed("gusset-otlp", normal(package));
            allowed("gusset-trace", normal(package));
            refused("gusset", normal(package));
            refused("gusset-metrics", of_kind(package, Kind::Dev));
        }
    }

    #[test]
    fn axum_is_optional_outside_of_tests() {
        allowed(
            "gusset-http",
            Dependency {
                optional: true,
                ..normal("axum")
            },
        );
        allowed("gusset-http", of_kind("axum", Kind::Dev));
        refused("gusset-http", normal("axum"));
        refused("gusset", normal("axum"));
    }

    #[test]
    fn every_fault_is_told() {
        let dependencies = [
            normal("gusset-core"),
            normal("gusset-log"),
            normal("axum"),
            normal("http"),
        ];
        assert_eq!(faults("gusset-health", &dependencies).len(), 2);
    }
}
