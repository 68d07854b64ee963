//! The rules of direction.

use super::*;

const FEATURES: [&str; 15] = [
    "gusset-log",
    "gusset-trace",
    "gusset-metrics",
    "gusset-breaker",
    "gusset-browser",
    "gusset-health",
    "gusset-system",
    "gusset-chaos",
    "gusset-client",
    "gusset-history",
    "gusset-profile",
    "gusset-jobs",
    "gusset-macros",
    "gusset-messaging",
    "gusset-usage",
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
    assert_eq!(violations(krate, &[dependency]), Vec::<String>::new());
}

#[track_caller]
fn rejected(krate: &str, dependency: Dependency) {
    let name = dependency.name.clone();
    let violations = violations(krate, &[dependency]);
    assert_eq!(violations.len(), 1, "{krate} may depend on {name}");
    assert!(
        violations[0].contains(krate) && violations[0].contains(name.as_str()),
        "{violations:?} names both crates"
    );
}

#[test]
fn crates_may_depend_towards_core() {
    allowed("gusset-http", normal("gusset-core"));
    allowed("gusset-propagation", normal("gusset-core"));
    allowed("gusset-data", normal("gusset-core"));
    for krate in FEATURES.into_iter().chain(EXPORTERS) {
        allowed(krate, normal("gusset-http"));
        allowed(krate, normal("gusset-core"));
        allowed(krate, normal("gusset-data"));
        allowed("gusset", normal(krate));
    }
    allowed("gusset", normal("gusset-propagation"));
    allowed("gusset", normal("gusset-core"));
    allowed("gusset-testkit", normal("gusset-core"));
    allowed("gusset-testkit", normal("gusset-http"));
}

#[test]
fn no_crate_depends_away_from_core() {
    for above in ["gusset-http", "gusset-metrics", "gusset-otlp", "gusset"] {
        rejected("gusset-core", normal(above));
    }
    rejected("gusset-core", normal("gusset-data"));
    rejected("gusset-data", normal("gusset-http"));
    for above in [
        "gusset-metrics",
        "gusset-prometheus",
        "gusset-data",
        "gusset",
    ] {
        rejected("gusset-http", normal(above));
        rejected("gusset-propagation", normal(above));
    }
    rejected("gusset-propagation", normal("gusset-http"));
    rejected("gusset-http", normal("gusset-propagation"));
    for krate in FEATURES.into_iter().chain(EXPORTERS) {
        rejected(krate, normal("gusset"));
    }
}

#[test]
fn feature_crates_are_independent() {
    for krate in FEATURES {
        for other in FEATURES
            .into_iter()
            .filter(|other| *other != krate)
            .chain(EXPORTERS)
        {
            rejected(krate, normal(other));
        }
    }
    // An unknown crate is treated as a feature crate.
    rejected("gusset-new", normal("gusset-metrics"));
}

#[test]
fn exporters_use_no_feature_crate_but_metrics() {
    for krate in EXPORTERS {
        allowed(krate, normal("gusset-metrics"));
        rejected(krate, normal("gusset-trace"));
    }
    rejected("gusset-prometheus", normal("gusset-otlp"));
}

#[test]
fn objectives_read_metrics_and_history() {
    for krate in [
        "gusset-metrics",
        "gusset-history",
        "gusset-data",
        "gusset-http",
    ] {
        allowed("gusset-slo", normal(krate));
    }
    for krate in ["gusset-breaker", "gusset-health", "gusset-prometheus"] {
        rejected("gusset-slo", normal(krate));
        rejected(krate, normal("gusset-slo"));
    }
}

#[test]
fn only_trace_uses_propagation() {
    allowed("gusset-trace", normal("gusset-propagation"));
    for krate in FEATURES
        .into_iter()
        .filter(|krate| *krate != "gusset-trace")
        .chain(EXPORTERS)
        .chain(["gusset-admin", "gusset-testkit"])
    {
        rejected(krate, normal("gusset-propagation"));
    }
}

#[test]
fn bridge_to_opentelemetry_uses_traces_and_metrics() {
    for krate in ["gusset-metrics", "gusset-propagation", "gusset-trace"] {
        allowed("gusset-opentelemetry", normal(krate));
    }
    for krate in ["gusset-otlp", "gusset-log"] {
        rejected("gusset-opentelemetry", normal(krate));
        rejected(krate, normal("gusset-opentelemetry"));
    }
}

#[test]
fn diagnosis_reads_the_system_and_the_history() {
    for krate in ["gusset-system", "gusset-history", "gusset-data"] {
        allowed("gusset-diagnose", normal(krate));
    }
    for krate in ["gusset-metrics", "gusset-otlp", "gusset-prometheus"] {
        rejected("gusset-diagnose", normal(krate));
    }
    rejected("gusset-system", normal("gusset-history"));
    rejected("gusset-system", normal("gusset-diagnose"));
    rejected("gusset-history", normal("gusset-system"));
}

#[test]
fn reports_of_incidents_read_the_system() {
    for krate in ["gusset-system", "gusset-data", "gusset-http"] {
        allowed("gusset-incident", normal(krate));
    }
    for krate in ["gusset-diagnose", "gusset-health", "gusset-otlp"] {
        rejected("gusset-incident", normal(krate));
        rejected(krate, normal("gusset-incident"));
    }
}

#[test]
fn operations_page_reads_the_history_and_the_recorder() {
    for krate in ["gusset-history", "gusset-incident", "gusset-metrics"] {
        allowed("gusset-ops", normal(krate));
    }
    // These show their state.
    for krate in [
        "gusset-health",
        "gusset-breaker",
        "gusset-slo",
        "gusset-diagnose",
    ] {
        rejected("gusset-ops", normal(krate));
        rejected(krate, normal("gusset-ops"));
    }
}

#[test]
fn management_server_uses_only_core_and_http() {
    allowed("gusset-admin", normal("gusset-core"));
    allowed("gusset-admin", normal("gusset-http"));
    allowed("gusset-admin", normal("gusset-data"));
    for krate in FEATURES.into_iter().chain(EXPORTERS) {
        rejected("gusset-admin", normal(krate));
    }
}

#[test]
fn only_facade_uses_management_server() {
    allowed("gusset", normal("gusset-admin"));
    for krate in FEATURES.into_iter().chain(EXPORTERS).chain([
        "gusset-core",
        "gusset-data",
        "gusset-http",
        "gusset-propagation",
        "gusset-testkit",
    ]) {
        rejected(krate, normal("gusset-admin"));
        rejected(krate, of_kind("gusset-admin", Kind::Dev));
    }
}

#[test]
fn testkit_is_only_a_dev_dependency() {
    for krate in [
        "gusset-core",
        "gusset-http",
        "gusset-metrics",
        "gusset-prometheus",
        "gusset",
    ] {
        allowed(krate, of_kind("gusset-testkit", Kind::Dev));
        rejected(krate, normal("gusset-testkit"));
        rejected(krate, of_kind("gusset-testkit", Kind::Build));
    }
    rejected("gusset-testkit", normal("gusset-metrics"));
}

#[test]
fn dev_dependencies_follow_the_direction() {
    rejected("gusset-core", of_kind("gusset-http", Kind::Dev));
    rejected("gusset-metrics", of_kind("gusset-prometheus", Kind::Dev));
}

#[test]
fn opentelemetry_stays_in_its_crate_and_in_tests() {
    for package in ["opentelemetry", "opentelemetry_sdk", "opentelemetry-proto"] {
        allowed("gusset-opentelemetry", normal(package));
        rejected("gusset-trace", normal(package));
        rejected("gusset-trace", of_kind(package, Kind::Dev));
        allowed("gusset-otlp", of_kind(package, Kind::Dev));
        allowed("gusset", of_kind(package, Kind::Dev));
        rejected("gusset-otlp", normal(package));
        rejected("gusset", normal(package));
        rejected("gusset-metrics", of_kind(package, Kind::Dev));
        rejected("gusset-propagation", of_kind(package, Kind::Dev));
    }
}

#[test]
fn axum_is_optional_except_in_tests() {
    allowed(
        "gusset-http",
        Dependency {
            optional: true,
            ..normal("axum")
        },
    );
    allowed("gusset-http", of_kind("axum", Kind::Dev));
    rejected("gusset-http", normal("axum"));
    rejected("gusset", normal("axum"));
}

#[test]
fn every_violation_is_reported() {
    let dependencies = [
        normal("gusset-core"),
        normal("gusset-log"),
        normal("axum"),
        normal("http"),
    ];
    assert_eq!(violations("gusset-health", &dependencies).len(), 2);
}
