//! Rule files, in the format of Prometheus.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Alert;
use crate::ServiceLevels;
use crate::promql::duration;

/// A rule file of Prometheus: `rule_files` of its configuration names it.
#[derive(Clone, Debug, Serialize)]
pub struct RuleFile {
    groups: Vec<FileGroup>,
}

#[derive(Clone, Debug, Serialize)]
struct FileGroup {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Rule {
    Record {
        record: String,
        expr: String,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<String, String>,
    },
    Alert {
        alert: String,
        expr: String,
        #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
        hold: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        keep_firing_for: Option<String>,
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<&'static str, String>,
    },
}

/// Rules that are evaluated one after another.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The time between evaluations, if it is not that of the server.
    pub(crate) interval: Option<Duration>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) alerts: Vec<Alert>,
}

/// A recording rule.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) expr: String,
    pub(crate) labels: BTreeMap<String, String>,
}

// === impl RuleFile ===

impl RuleFile {
    pub(super) fn new(groups: &[Group]) -> Self {
        Self {
            groups: groups.iter().map(FileGroup::new).collect(),
        }
    }

    /// Returns the file as YAML, the same for the same service levels.
    pub fn to_yaml(&self) -> String {
        to_yaml(self)
    }
}

/// Writes YAML.
pub(crate) fn to_yaml(value: &impl Serialize) -> String {
    yaml_serde::to_string(value).expect("maps have strings as keys")
}

// === impl FileGroup ===

impl FileGroup {
    fn new(group: &Group) -> Self {
        let recordings = group.recordings.iter().map(|recording| Rule::Record {
            record: recording.name.clone(),
            expr: recording.expr.clone(),
            labels: recording.labels.clone(),
        });
        let alerts = group.alerts.iter().map(Rule::from_alert);
        Self {
            name: group.name.clone(),
            interval: group.interval.map(duration),
            rules: recordings.chain(alerts).collect(),
        }
    }
}

// === impl Rule ===

impl Rule {
    fn from_alert(alert: &Alert) -> Self {
        let time = |time: Duration| (!time.is_zero()).then(|| duration(time));
        Self::Alert {
            alert: alert.name.clone(),
            expr: alert.expr.clone(),
            hold: time(alert.hold),
            keep_firing_for: time(alert.keep_firing_for),
            labels: alert.all_labels(),
            annotations: alert.annotations(alert.value_template()),
        }
    }
}

// === impl Recording ===

impl Recording {
    pub(crate) fn new(
        levels: &ServiceLevels,
        name: impl Into<String>,
        (label, value): (&str, &str),
        expr: String,
    ) -> Self {
        let labels = [("service", levels.service()), (label, value)];
        let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
        Self {
            name: name.into(),
            expr,
            labels: labels.into(),
        }
    }
}
