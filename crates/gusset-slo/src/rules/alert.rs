//! An alert, with the cases that test it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::format::{ValueFormat, format_value};
use super::series::{Case, Firing};
use crate::{AlertSeverity, ServiceLevels};

/// An alert of Prometheus, generated from an objective, a range or the catalogue.
#[derive(Clone, Debug)]
pub struct Alert {
    pub(super) name: String,
    pub(super) expr: String,
    pub(super) hold: Duration,
    pub(super) keep_firing_for: Duration,
    pub(super) severity: AlertSeverity,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) summary: String,
    /// The text before and after the value.
    pub(super) description: (String, String),
    pub(super) value_format: ValueFormat,
    pub(super) runbook_url: String,
    pub(super) advice: String,
    /// Where the threshold comes from.
    pub(super) source: String,
    pub(crate) cases: Vec<Case>,
}

// === impl Alert ===

impl Alert {
    pub(super) fn new(
        levels: &ServiceLevels,
        name: impl Into<String>,
        severity: AlertSeverity,
        expr: String,
    ) -> Self {
        let name = name.into();
        Self {
            runbook_url: levels.runbook(&name),
            name,
            expr,
            hold: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            severity,
            labels: [("service".to_owned(), levels.service().to_owned())].into(),
            summary: String::new(),
            description: (String::new(), String::new()),
            value_format: ValueFormat::None,
            advice: String::new(),
            source: String::new(),
            cases: Vec::new(),
        }
    }

    /// Returns the name, for example `OrdersErrorBudgetBurnFast`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the condition, in Prometheus's query language.
    pub fn expr(&self) -> &str {
        &self.expr
    }

    /// Returns the value of the label `severity`.
    pub fn severity(&self) -> AlertSeverity {
        self.severity
    }

    /// Returns the annotation `summary`.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Returns what a person has to do: the text of the runbook.
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// Returns where the threshold comes from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the description with a value, or with the template of one.
    pub(crate) fn description(&self, value: &str) -> String {
        let (before, after) = &self.description;
        format!("{before}{value}{after}")
    }

    pub(super) fn value_template(&self) -> &'static str {
        self.value_format.template()
    }

    pub(crate) fn all_labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        labels.insert("severity".to_owned(), self.severity.as_str().to_owned());
        labels
    }

    /// Returns the annotations, with a value or the template of one.
    pub(crate) fn annotations(&self, value: &str) -> BTreeMap<&'static str, String> {
        [
            ("summary", self.summary.clone()),
            ("description", self.description(value)),
            ("runbook_url", self.runbook_url.clone()),
        ]
        .into()
    }

    /// Returns the annotations of an alert that fires with this value.
    pub(crate) fn annotations_of(&self, firing: &Firing) -> BTreeMap<&'static str, String> {
        self.annotations(&format_value(self.value_format, firing.value))
    }
}
