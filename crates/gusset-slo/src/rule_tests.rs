//! Tests of the rules, in the format of `promtool test rules`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::ServiceLevels;
use crate::promql::duration;
use crate::rules::{Alert, Case, to_yaml};

/// The file with the rules, beside that of the tests.
pub(crate) const RULES_FILE: &str = "rules.yaml";

/// A file for `promtool test rules`: for each alert, when it fires and when it stays quiet.
#[derive(Clone, Debug, Serialize)]
pub struct RuleTests {
    rule_files: [&'static str; 1],
    evaluation_interval: String,
    tests: Vec<Test>,
}

#[derive(Clone, Debug, Serialize)]
struct Test {
    name: String,
    interval: String,
    input_series: Vec<Input>,
    alert_rule_test: [Expectation; 1],
}

#[derive(Clone, Debug, Serialize)]
struct Input {
    series: String,
    values: String,
}

#[derive(Clone, Debug, Serialize)]
struct Expectation {
    eval_time: String,
    alertname: String,
    exp_alerts: Vec<Expected>,
}

#[derive(Clone, Debug, Serialize)]
struct Expected {
    exp_labels: BTreeMap<String, String>,
    exp_annotations: BTreeMap<&'static str, String>,
}

impl ServiceLevels {
    /// Returns the tests of all rules, which refer to the file `rules.yaml` beside them, by their names.
    ///
    /// Each alert has a case in which it fires, in which it stays quiet, and in which it stays quiet with low
    /// traffic. There are several files because promtool evaluates all rules at one interval, which is in the
    /// name of the file.
    pub fn rule_tests(&self) -> Vec<(String, RuleTests)> {
        let mut by_step = BTreeMap::<Duration, Vec<Test>>::new();
        for alert in self.alerts() {
            for case in &alert.cases {
                let tests = by_step.entry(case.step).or_default();
                tests.push(Test::new(&alert, case));
            }
        }
        by_step
            .into_iter()
            .map(|(step, tests)| {
                let evaluation_interval = duration(step);
                let name = format!("rules-{evaluation_interval}.test.yaml");
                let tests = RuleTests {
                    rule_files: [RULES_FILE],
                    evaluation_interval,
                    tests,
                };
                (name, tests)
            })
            .collect()
    }
}

// === impl RuleTests ===

impl RuleTests {
    /// Returns the file as YAML.
    pub fn to_yaml(&self) -> String {
        to_yaml(self)
    }
}

// === impl Test ===

impl Test {
    fn new(alert: &Alert, case: &Case) -> Self {
        let inputs = case.series.iter().map(|input| Input {
            series: input.series.clone(),
            values: input.values.clone(),
        });
        let expected = case.fires.iter().map(|firing| {
            let mut exp_labels = alert.all_labels();
            exp_labels.extend(firing.labels.clone());
            Expected {
                exp_labels,
                exp_annotations: alert.annotations_of(firing),
            }
        });
        Self {
            name: format!("{}: {}", alert.name(), case.name),
            interval: duration(case.interval),
            input_series: inputs.collect(),
            alert_rule_test: [Expectation {
                eval_time: duration(case.eval_time),
                alertname: alert.name().to_owned(),
                exp_alerts: expected.collect(),
            }],
        }
    }
}
