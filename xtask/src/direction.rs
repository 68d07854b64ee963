//! Which crate may depend on which, and on which external crates.
//!
//! ```text
//! gusset → {admin, log, trace, metrics, breaker, browser, chaos, health, profile, prometheus, otlp, …} → {http, propagation, data} → core
//! ```
//!
//! Feature crates do not depend on each other. They share the contract in `gusset-core`, and the
//! telemetry data model in `gusset-data`. Exporters may also use `gusset-metrics`, and `gusset-slo`
//! the history too. Only `gusset-trace`,
//! `gusset-opentelemetry` and the façade use `gusset-propagation`. `gusset-opentelemetry` joins the signals to
//! another SDK, so it may use `gusset-trace` and `gusset-metrics`; no other crate has OpenTelemetry's types.
//! `gusset-diagnose` reads the snapshots of `gusset-system` and the series of `gusset-history`, and `gusset-incident`
//! those snapshots; `gusset-ops` shows that history and what `gusset-incident` has recorded. What both report of other parts
//! comes through `ShowState`. Only the
//! façade uses the management server, `gusset-admin`. `gusset-testkit` is for tests, so it is only a
//! dev-dependency.
//! Dev-dependencies follow the same rules, so that each crate can be tested alone. A test that needs
//! several of them belongs in `tests/`.

use crate::Result;
use crate::workspace::{Dependency, Kind, Workspace};

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let violations: Vec<String> = workspace
        .published()
        .flat_map(|package| violations(&package.name, &package.dependencies))
        .collect();
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations.join("; ").into())
    }
}

fn violations(krate: &str, dependencies: &[Dependency]) -> Vec<String> {
    dependencies
        .iter()
        .filter_map(|dependency| violation(krate, dependency))
        .collect()
}

fn violation(krate: &str, dependency: &Dependency) -> Option<String> {
    let Dependency {
        name,
        kind,
        optional,
    } = dependency;
    let dev = *kind == Some(Kind::Dev);

    if name == "gusset-testkit" {
        return (!dev).then(|| format!("{krate} may use gusset-testkit only as a dev-dependency"));
    }
    if is_internal(name) {
        return (!may_use(krate, name)).then(|| format!("{krate} may not depend on {name}"));
    }
    if name.starts_with("opentelemetry") && !may_use_opentelemetry(krate, dev) {
        return Some(format!(
            "{krate} may not depend on {name}: only gusset-opentelemetry and the tests of gusset and gusset-otlp use the types of OpenTelemetry"
        ));
    }
    if name == "axum" && !dev && !optional {
        return Some(format!(
            "{krate} must make axum optional: services without it must not compile it"
        ));
    }
    None
}

fn is_internal(name: &str) -> bool {
    name == "gusset" || name.starts_with("gusset-")
}

fn may_use(krate: &str, dependency: &str) -> bool {
    match krate {
        "gusset" => true,
        "gusset-core" => false,
        "gusset-data" | "gusset-http" | "gusset-propagation" => dependency == "gusset-core",
        "gusset-prometheus" | "gusset-otlp" => {
            is_shared(dependency) || dependency == "gusset-metrics"
        }
        "gusset-slo" => {
            is_shared(dependency) || matches!(dependency, "gusset-history" | "gusset-metrics")
        }
        "gusset-trace" => is_shared(dependency) || dependency == "gusset-propagation",
        "gusset-opentelemetry" => {
            is_shared(dependency)
                || matches!(
                    dependency,
                    "gusset-metrics" | "gusset-propagation" | "gusset-trace"
                )
        }
        "gusset-diagnose" => {
            is_shared(dependency) || matches!(dependency, "gusset-history" | "gusset-system")
        }
        "gusset-incident" => is_shared(dependency) || dependency == "gusset-system",
        "gusset-ops" => {
            is_shared(dependency)
                || matches!(
                    dependency,
                    "gusset-history" | "gusset-incident" | "gusset-metrics"
                )
        }
        // Feature crates, the testkit, and new crates without their own rule.
        _ => is_shared(dependency),
    }
}

/// Returns whether every feature crate and exporter may use the crate.
fn is_shared(name: &str) -> bool {
    matches!(name, "gusset-core" | "gusset-data" | "gusset-http")
}

/// Returns whether a crate may use the types of OpenTelemetry.
fn may_use_opentelemetry(krate: &str, dev: bool) -> bool {
    krate == "gusset-opentelemetry" || (dev && matches!(krate, "gusset" | "gusset-otlp"))
}

#[cfg(test)]
mod tests;
