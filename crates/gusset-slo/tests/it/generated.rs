//! The generated files, as snapshots, and what every one of them has in common.

use std::collections::BTreeSet;

use gusset_slo::{Objective, ServiceLevels, Subject};

use crate::shop::{builder, levels};

#[test]
fn rules_of_the_shop() {
    insta::assert_snapshot!(levels().rules().to_yaml());
}

#[test]
fn tests_of_one_objective() {
    let levels = ServiceLevels::builder("shop")
        .objective(Objective::availability("orders", Subject::route("/orders")).target(0.999))
        .build()
        .unwrap();
    let tests = levels.rule_tests();
    let names: Vec<_> = tests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "rules-1m.test.yaml",
            "rules-5m.test.yaml",
            "rules-2h.test.yaml"
        ]
    );
    insta::assert_snapshot!(tests[1].1.to_yaml());
}

#[test]
fn openslo_of_the_shop() {
    insta::assert_snapshot!(levels().openslo());
}

/// What the specification of OpenSLO, version 1, requires of a service and of an objective.
#[test]
fn openslo_has_what_its_specification_requires() {
    let yaml = levels().openslo();
    let mut kinds = Vec::new();
    for document in yaml.split("---\n") {
        let document: yaml_serde::Value = yaml_serde::from_str(document).unwrap();
        assert_eq!(document["apiVersion"], "openslo/v1");
        assert!(document["metadata"]["name"].is_string(), "{document:?}");
        let kind = document["kind"].as_str().unwrap().to_owned();
        if kind == "SLO" {
            let spec = &document["spec"];
            assert_eq!(spec["service"], "shop");
            assert_eq!(spec["budgetingMethod"], "Occurrences");
            let windows = spec["timeWindow"].as_sequence().unwrap();
            assert_eq!(windows.len(), 1, "exactly one");
            let duration = windows[0]["duration"].as_str().unwrap();
            assert!(["30d", "7d"].contains(&duration) && windows[0]["isRolling"].is_bool());
            let ratio = &spec["indicator"]["spec"]["ratioMetric"];
            assert!(spec["indicator"]["metadata"]["name"].is_string());
            assert!(ratio["counter"].is_bool());
            let parts = ["good", "bad"].map(|part| ratio.get(part).is_some());
            assert!(
                parts == [true, false] || parts == [false, true],
                "one of them"
            );
            assert_eq!(ratio["total"]["metricSource"]["type"], "Prometheus");
            let objectives = spec["objectives"].as_sequence().unwrap();
            let target = objectives[0]["target"].as_f64().unwrap();
            assert!(objectives.len() == 1 && (0.0..1.0).contains(&target));
        }
        kinds.push(kind);
    }
    let objectives = levels().objectives().len();
    assert_eq!(
        (kinds.len(), kinds[0].as_str()),
        (1 + objectives, "Service")
    );
}

#[test]
fn runbook_of_the_shop() {
    insta::assert_snapshot!(levels().markdown());
}

#[test]
fn service_dashboard_of_the_shop() {
    insta::assert_snapshot!(levels().service_dashboard().to_json());
}

#[test]
fn overview_dashboard_of_the_shop() {
    insta::assert_snapshot!(levels().overview_dashboard().to_json());
}

#[test]
fn weaver_registry_of_the_shop() {
    let levels = levels();
    insta::assert_snapshot!(levels.weaver_registry());
    insta::assert_snapshot!(levels.weaver_manifest());
}

#[test]
fn weaver_registry_defines_what_it_refers_to() {
    let registry: yaml_serde::Value = yaml_serde::from_str(&levels().weaver_registry()).unwrap();
    let groups = registry["groups"].as_sequence().unwrap();
    let attributes = |group: &yaml_serde::Value| {
        let attributes = group
            .get("attributes")
            .and_then(yaml_serde::Value::as_sequence);
        attributes.cloned().unwrap_or_default()
    };
    let definitions = attributes(&groups[0]);
    let defined: BTreeSet<_> = definitions
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(defined.len(), definitions.len(), "each is defined once");
    for definition in &definitions {
        // Required for strings.
        let is_string = definition["type"].as_str() == Some("string");
        assert_eq!(
            definition.get("examples").is_some(),
            is_string,
            "{definition:?}"
        );
    }
    let ids: BTreeSet<_> = groups
        .iter()
        .map(|group| group["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), groups.len(), "ids of groups are unique");
    for group in &groups[1..] {
        for field in [
            "type",
            "metric_name",
            "instrument",
            "unit",
            "brief",
            "stability",
        ] {
            assert!(group[field].is_string(), "{field} in {group:?}");
        }
        for reference in attributes(group) {
            let id = reference["ref"].as_str().unwrap();
            assert!(defined.contains(id), "{id} in {group:?}");
        }
    }
}

#[test]
fn files_are_the_same_each_time() {
    let content = |levels: &ServiceLevels| -> Vec<_> {
        let files = levels.files().into_iter();
        files.map(|file| format!("{file:?}")).collect()
    };
    assert_eq!(content(&levels()), content(&levels()));
}

#[test]
fn every_alert_fires_and_stays_quiet_in_its_tests() {
    let levels = levels();
    let tests: Vec<yaml_serde::Value> = levels
        .rule_tests()
        .iter()
        .map(|(_, tests)| yaml_serde::from_str(&tests.to_yaml()).unwrap())
        .collect();
    let tests: Vec<_> = tests
        .iter()
        .flat_map(|file| file["tests"].as_sequence().unwrap())
        .collect();
    for alert in levels.alerts() {
        let of_alert = || {
            let tests = tests.iter().map(|test| (test, &test["alert_rule_test"][0]));
            tests.filter(|(_, it)| it["alertname"] == alert.name())
        };
        let fires =
            of_alert().filter(|(_, it)| it["exp_alerts"] != yaml_serde::Value::Sequence(vec![]));
        assert!(fires.count() >= 1, "{} never fires", alert.name());
        let names: Vec<_> = of_alert()
            .map(|(test, _)| test["name"].as_str().unwrap())
            .collect();
        let has = |word: &str| names.iter().any(|name| name.contains(word));
        assert!(
            has("quiet") && has("quiet with low traffic"),
            "{}: {names:?}",
            alert.name()
        );
    }
}

#[test]
fn every_alert_has_a_text_a_runbook_and_a_source() {
    let levels = levels();
    let (rules, page) = (levels.rules().to_yaml(), levels.markdown());
    let alerts = levels.alerts();
    let names: BTreeSet<_> = alerts.iter().map(gusset_slo::Alert::name).collect();
    assert_eq!(names.len(), alerts.len(), "the names are unique");
    for alert in &alerts {
        let name = alert.name();
        for text in [alert.summary(), alert.advice(), alert.source()] {
            assert!(!text.is_empty(), "{name}");
        }
        let anchor = name.to_lowercase();
        assert!(
            rules.contains(&format!("https://shop.example/runbook#{anchor}\n")),
            "{name}"
        );
        assert!(page.contains(&format!("\n### {name}\n")), "{name}");
    }
}

#[test]
fn pair_of_windows_that_cannot_fire_is_left_out() {
    let fast = |target| {
        let objective = Objective::availability("orders", Subject::service()).target(target);
        let levels = ServiceLevels::builder("shop")
            .objective(objective)
            .build()
            .unwrap();
        levels.alerts()[0].expr().to_owned()
    };
    assert!(fast(0.99).contains("> (14.4 * 0.01)"));
    let slower_only = fast(0.9);
    assert!(slower_only.contains("> (6 * 0.1)"), "{slower_only}");
    assert!(!slower_only.contains("14.4"), "{slower_only}");
}

#[test]
fn series_of_another_service_are_not_used() {
    let levels = builder()
        .matcher("namespace", "eu")
        .matcher("app", "shop")
        .build()
        .unwrap();
    let rules = levels.rules().to_yaml();
    assert!(
        rules.contains(r#"{namespace="eu",app="shop",http_route="/orders""#),
        "{rules}"
    );
    assert!(!rules.contains("job="), "{rules}");
}

#[test]
fn labels_of_ranges_and_objectives_are_escaped() {
    let objective = Objective::availability("orders", Subject::route("/a\"b\\c"));
    let levels = ServiceLevels::builder("shop")
        .objective(objective)
        .build()
        .unwrap();
    let expr = levels.rules().to_yaml();
    assert!(expr.contains(r#"http_route="/a\"b\\c""#), "{expr}");
}

#[test]
fn ids_of_panels_are_unique() {
    for dashboard in [levels().service_dashboard(), levels().overview_dashboard()] {
        let json: serde_json::Value = serde_json::from_str(&dashboard.to_json()).unwrap();
        let panels = json["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len());
        let first = panels[0]["title"].as_str().unwrap();
        assert!(first.contains("HTTP requests, by route") || first == "Overview");
    }
}
