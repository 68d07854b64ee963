//! One page about a service: its objectives, ranges, alerts with their runbook, and metrics.

use std::fmt::Write as _;

use crate::promql::number;
use crate::{Indicator, Mode, ServiceLevels, prometheus_name};

impl ServiceLevels {
    /// Returns the documentation of the service, as Markdown: objectives, normal ranges, a section for each alert
    /// with what to do (the runbook), and all metrics.
    ///
    /// The links of alerts lead to its sections, if it is published at the address of
    /// [`runbook_url`](crate::ServiceLevelsBuilder::runbook_url).
    pub fn markdown(&self) -> String {
        let mut page = String::new();
        // Writing to a `String` does not fail.
        let _ = self.write_markdown(&mut page);
        page
    }

    fn write_markdown(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "# {}\n", self.service())?;
        writeln!(
            page,
            "Generated from the objectives and ranges in the code of the service."
        )?;
        self.write_objectives(page)?;
        self.write_ranges(page)?;
        self.write_alerts(page)?;
        self.write_metrics(page)
    }

    fn write_objectives(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "\n## Objectives\n")?;
        if self.objectives().is_empty() {
            return writeln!(page, "None.");
        }
        writeln!(page, "| objective | about | good calls | target | window |")?;
        writeln!(page, "|---|---|---|---|---|")?;
        for objective in self.objectives() {
            let good = match objective.indicator() {
                Indicator::Availability => "do not fail".to_owned(),
                Indicator::Latency(threshold) => {
                    format!("take at most {} s", threshold.as_secs_f64())
                }
            };
            writeln!(
                page,
                "| `{}` | {} | {good} | {} % | {} days |",
                objective.name(),
                cell(&objective.subject().to_string()),
                number(objective.target_ratio() * 100.0),
                objective.window().as_secs() / 86_400,
            )?;
        }
        Ok(())
    }

    fn write_ranges(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "\n## Normal ranges\n")?;
        if self.ranges().is_empty() {
            return writeln!(page, "None.");
        }
        writeln!(
            page,
            "| range | metric | normal | counts as left | severity |"
        )?;
        writeln!(page, "|---|---|---|---|---|")?;
        for range in self.ranges() {
            let normal = match range.bounds_mode() {
                Mode::Declared => range.bounds_text(),
                Mode::Learned { .. } => "proposed by the service".to_owned(),
                Mode::Adaptive => "what is usual".to_owned(),
            };
            let hold = range.hold_times();
            writeln!(
                page,
                "| `{}` | `{}` | {normal} | {} of {} values outside, one each 10 s | {} |",
                range.name(),
                range.metric_name(),
                hold.outside,
                hold.of,
                range.alert_severity().as_str(),
            )?;
        }
        Ok(())
    }

    fn write_alerts(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "\n## Alerts")?;
        for alert in self.alerts() {
            writeln!(page, "\n### {}\n", alert.name())?;
            writeln!(
                page,
                "{} ({}).\n",
                alert.summary(),
                alert.severity().as_str()
            )?;
            let about = alert.description("x%");
            writeln!(page, "{about}\n")?;
            writeln!(page, "What to do: {}\n", alert.advice())?;
            writeln!(page, "Threshold: {}.\n", alert.source())?;
            writeln!(page, "```promql\n{}\n```", alert.expr())?;
        }
        Ok(())
    }

    fn write_metrics(&self, page: &mut String) -> std::fmt::Result {
        writeln!(page, "\n## Metrics\n")?;
        writeln!(
            page,
            "| metric | in Prometheus | kind | unit | labels | meaning |"
        )?;
        writeln!(page, "|---|---|---|---|---|---|")?;
        for metric in self.catalogue().iter() {
            let labels = metric.labels.iter().map(|label| format!("`{label}`"));
            writeln!(
                page,
                "| `{}` | `{}` | {} | `{}` | {} | {} |",
                metric.name,
                prometheus_name(metric),
                metric.kind.as_str(),
                metric.unit.as_ucum(),
                labels.collect::<Vec<_>>().join(", "),
                cell(metric.help),
            )?;
        }
        Ok(())
    }
}

/// Returns text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', r"\|")
}
