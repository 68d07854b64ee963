//! Dashboards are valid by Grafana's schema, and the registry by Weaver.

use std::path::Path;
use std::process::Command;

use gusset_tests::programs::{TempFolder, find};

use crate::levels::levels;

const FILES: [&str; 2] = ["dashboard-service.json", "dashboard-overview.json"];

/// Checks files by Grafana's schema. Returns what is wrong with them.
fn check(program: &Path, folder: &TempFolder, files: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(files).current_dir(folder.path()).output();
    let output = output.unwrap();
    let problems = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), problems.is_empty(), "{output:?}");
    problems
}

#[test]
fn dashboards_are_valid_by_the_schema_of_grafana() {
    let Some(program) = find("GRAFANA_SCHEMA", "grafana-schema") else {
        return;
    };
    let folder = TempFolder::new("slo-dashboards");
    levels().write_to(folder.path()).unwrap();
    assert_eq!(check(&program, &folder, &FILES), "");
}

#[test]
fn schema_of_grafana_finds_changed_dashboards() {
    let Some(program) = find("GRAFANA_SCHEMA", "grafana-schema") else {
        return;
    };
    let folder = TempFolder::new("slo-dashboard-changes");
    let dashboard = levels().service_dashboard().to_json();
    for (from, to, problem) in [
        // A field of the dashboard, of a panel, of a query and of a variable.
        (
            "\"schemaVersion\"",
            "\"schema\"",
            "unexpected field 'schema'",
        ),
        ("\"gridPos\"", "\"position\"", "unexpected field 'position'"),
        (
            "\"legendFormat\"",
            "\"legend\"",
            "unexpected field 'legend'",
        ),
        ("\"includeAll\"", "\"all\"", "unexpected field 'all'"),
        // A value of another type.
        ("\"from\": \"now-1h\"", "\"from\": 1", "time.from"),
    ] {
        let changed = dashboard.replace(from, to);
        assert_ne!(changed, dashboard, "{from}");
        folder.write(FILES[0], &changed);
        let problems = check(&program, &folder, &FILES[..1]);
        assert!(problems.contains(problem), "{from}: {problems}");
    }
}

/// Weaver is in no registry of packages, so it runs where `WEAVER` names one.
#[test]
fn weaver_accepts_the_registry() {
    let Some(program) = std::env::var_os("WEAVER").filter(|name| !name.is_empty()) else {
        println!("SKIPPED: `WEAVER` names no program; no registry of packages has one");
        return;
    };
    let folder = TempFolder::new("slo-weaver");
    levels().write_to(folder.path()).unwrap();
    let mut command = Command::new(program);
    let output = command
        .args(["registry", "check", "-r", "weaver"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
