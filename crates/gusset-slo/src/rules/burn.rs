//! The rules of an objective: error ratios over windows, and alerts on the burn rate of its error budget.

mod cases;

use std::time::Duration;

use super::alert::Alert;
use super::file::{Group, Recording};
use super::format::{ValueFormat, pascal_case};
use crate::burn_window::BurnWindow;
use crate::promql::{Selector, duration, number};
use crate::sli::Series;
use crate::{AlertSeverity, Indicator, Objective, ServiceLevels};

const SECONDS_PER_DAY: u64 = 86_400;
const SOURCE: &str = "SRE workbook, chapter 5: 2 % of the budget in 1 h or 5 % in 6 h page, 10 % in 1 or 3 \
                      days is a ticket, for an objective over 30 days";
/// A service that has just started has no series of calls until the first call.
const ABSENT_HOLD: Duration = Duration::from_secs(3600);

/// An objective, with the selectors of its series.
pub(super) struct Burn<'a> {
    levels: &'a ServiceLevels,
    objective: &'a Objective,
    series: Series,
}

/// Returns the rules of an objective.
pub(super) fn group(levels: &ServiceLevels, objective: &Objective) -> Group {
    let burn = Burn::new(levels, objective);
    let by_severity = |severity, suffix| burn.alert(severity, suffix);
    let alerts = [
        by_severity(AlertSeverity::Critical, "ErrorBudgetBurnFast"),
        by_severity(AlertSeverity::Warning, "ErrorBudgetBurnSlow"),
        burn.absent(),
    ];
    Group {
        name: format!("{}-objective-{}", levels.service(), objective.name()),
        interval: None,
        recordings: burn.recordings(),
        alerts: alerts.into(),
    }
}

// === impl Burn ===

impl<'a> Burn<'a> {
    fn new(levels: &'a ServiceLevels, objective: &'a Objective) -> Self {
        Self {
            levels,
            objective,
            series: Series::new(levels, objective),
        }
    }

    fn recordings(&self) -> Vec<Recording> {
        let Self {
            levels, objective, ..
        } = self;
        let label = ("objective", objective.name());
        let record = |name: String, expr| Recording::new(levels, name, label, expr);
        let pairs = || {
            let severities = [AlertSeverity::Critical, AlertSeverity::Warning];
            severities
                .into_iter()
                .flat_map(|it| objective.burn_windows(it))
        };
        let shortest = objective.shortest_window();
        let mut windows: Vec<_> = pairs()
            .flat_map(|pair| [pair.short, pair.long])
            .chain([shortest])
            .map(|window| levels.window(window))
            .collect();
        windows.sort();
        windows.dedup();
        let mut recordings: Vec<_> = windows
            .into_iter()
            .map(|window| {
                let window = duration(window);
                let expr = self.series.error_ratio(objective, &window);
                record(format!("slo:sli_error:ratio_rate{window}"), expr)
            })
            .collect();
        let mut gates: Vec<_> = pairs().map(|pair| levels.window(pair.long)).collect();
        gates.sort();
        gates.dedup();
        recordings.extend(gates.into_iter().map(|window| {
            let window = duration(window);
            let expr = format!("sum(rate({}[{window}]))", self.series.total);
            record(format!("slo:sli_total:rate{window}"), expr)
        }));
        let target = number(objective.target_ratio());
        recordings.push(record(
            "slo:objective:ratio".into(),
            format!("vector({target})"),
        ));
        let budget = number(objective.error_budget());
        let whole = duration(levels.window(objective.window()));
        let short = self.ratio(shortest);
        // As Sloth does: a rate over 30 days would read every sample of that time.
        let over_window =
            format!("sum_over_time({short}[{whole}])\n/ count_over_time({short}[{whole}])");
        recordings.push(record(
            "slo:period_error_budget_remaining:ratio".into(),
            format!("1 - ({over_window}) / {budget}"),
        ));
        recordings
    }

    /// Returns the recorded error ratio of a window.
    fn ratio(&self, window: Duration) -> String {
        self.recorded("slo:sli_error:ratio_rate", window)
    }

    fn recorded(&self, name: &str, window: Duration) -> String {
        let window = duration(self.levels.window(window));
        Selector::new(format!("{name}{window}"))
            .equal("service", self.levels.service())
            .equal("objective", self.objective.name())
            .to_string()
    }

    fn alert(&self, severity: AlertSeverity, suffix: &str) -> Alert {
        let Self {
            levels, objective, ..
        } = self;
        let pairs = objective.burn_windows(severity);
        let conditions = pairs.iter().map(|pair| self.condition(pair));
        let expr = conditions.collect::<Vec<_>>().join("\nor\n");
        let mut alert = Alert::new(levels, self.alert_name(suffix), severity, expr);
        self.describe(&mut alert);
        let speed = match severity {
            AlertSeverity::Critical => "fast",
            _ => "slowly",
        };
        alert.summary = format!(
            "{}: {} burns its error budget {speed}",
            levels.service(),
            objective.name()
        );
        let allowed = number(objective.error_budget() * 100.0);
        alert.description = (
            format!("{} Now ", objective.sentence()),
            format!(
                " of the calls are bad, and {allowed}% may be over {} days.",
                objective.window().as_secs() / SECONDS_PER_DAY
            ),
        );
        alert.value_format = ValueFormat::Percentage;
        alert.cases = self.cases(severity);
        alert
    }

    fn condition(&self, pair: &BurnWindow) -> String {
        let budget = number(self.objective.error_budget());
        let factor = number(pair.factor);
        let min_rate = number(self.objective.min_calls_per_second());
        format!(
            "(\n  {} > ({factor} * {budget})\n  and {} > ({factor} * {budget})\n  and {} >= {min_rate}\n)",
            self.ratio(pair.short),
            self.ratio(pair.long),
            self.recorded("slo:sli_total:rate", pair.long),
        )
    }

    /// Returns the alert on an indicator that Prometheus does not have, though it has the service: without it,
    /// an objective about a renamed route reads as met.
    fn absent(&self) -> Alert {
        let Self {
            levels, objective, ..
        } = self;
        let series = match objective.indicator() {
            Indicator::Availability => &self.series.total,
            Indicator::Latency(_) => &self.series.part,
        };
        let info = levels.own("target_info");
        let expr = format!("absent(sum({series}))\nand on () (sum({info}) > 0)");
        let name = self.alert_name("IndicatorAbsent");
        let mut alert = Alert::new(levels, name, AlertSeverity::Warning, expr);
        self.describe(&mut alert);
        alert.hold = levels.compress(ABSENT_HOLD);
        alert.summary = format!("{}: {} has no data", levels.service(), objective.name());
        alert.description.0 = format!(
            "The service is there, but {} has no series: it was never called, or a route, a label or a \
             bucket was renamed.",
            objective.subject()
        );
        alert.source =
            "pyrra's absent alert; an hour, because a new process has no series".to_owned();
        alert.cases = self.absent_cases();
        alert
    }

    fn alert_name(&self, suffix: &str) -> String {
        format!("{}{suffix}", pascal_case(self.objective.name()))
    }

    fn describe(&self, alert: &mut Alert) {
        let name = self.objective.name().to_owned();
        alert.labels.insert("objective".to_owned(), name);
        let advice = self.objective.advice_text();
        alert.advice = advice
            .unwrap_or(
                "Find the bad calls: the panels \"Errors\" and \"Duration\" of the service's dashboard, then \
                 the access log entries and traces of the route. Look at deployments and dependencies since \
                 the start.",
            )
            .to_owned();
        alert.source = SOURCE.to_owned();
    }
}
