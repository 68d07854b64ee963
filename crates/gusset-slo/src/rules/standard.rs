//! Alerts on what every service has: its presence, health, breakers, jobs, limits of its own and of its machine.
//!
//! Each is made for the metrics of the catalogue alone. The names are those of crates that this one must not
//! depend on; a test of the façade finds each of them in their tables.

mod breakers;
mod conditions;
mod health;
mod host;
mod jobs;
mod saturation;

use std::time::Duration;

use super::alert::Alert;
use super::file::Group;
use super::series::{Case, Firing, InputSeries, constant};
use crate::promql::Selector;
use crate::{AlertSeverity, ServiceLevels};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the alerts for the metrics of the catalogue.
pub(super) fn group(levels: &ServiceLevels) -> Group {
    let alerts = [absent(levels)].into_iter();
    let alerts = alerts
        .chain(health::alerts(levels))
        .chain(breakers::alerts(levels))
        .chain(jobs::alerts(levels))
        .chain(saturation::alerts(levels))
        .chain(host::alerts(levels));
    Group {
        name: format!("{}-standard", levels.service()),
        interval: None,
        recordings: Vec::new(),
        alerts: alerts.collect(),
    }
}

/// What an alert is about, and where its threshold comes from.
struct Text {
    summary: &'static str,
    description: &'static str,
    advice: &'static str,
    source: &'static str,
}

/// Creates an alert that fires after `minutes`.
fn alert(
    levels: &ServiceLevels,
    (name, severity, minutes): (&str, AlertSeverity, u32),
    expr: String,
    text: &Text,
) -> Alert {
    let mut alert = Alert::new(levels, name, severity, expr);
    let Text {
        summary,
        description,
        advice,
        source,
    } = text;
    alert.hold = levels.compress(MINUTE * minutes);
    alert.summary = format!("{}: {summary}", levels.service());
    (*description).clone_into(&mut alert.description.0);
    (*advice).clone_into(&mut alert.advice);
    (*source).clone_into(&mut alert.source);
    alert
}

/// Creates a case of gauges, each with one value after another for a number of minutes.
fn gauges(name: &str, gauges: &[(&Selector, &[(u32, f64)])], fires: Option<Firing>) -> Case {
    let minutes = gauges.iter().map(|(_, phases)| {
        let minutes = phases.iter().map(|(minutes, _)| minutes);
        minutes.sum::<u32>()
    });
    Case {
        name: name.to_owned(),
        step: MINUTE,
        interval: MINUTE,
        eval_time: MINUTE * minutes.max().unwrap_or(60).saturating_sub(1),
        series: gauges
            .iter()
            .map(|(series, phases)| InputSeries::new(series, constant(phases.iter().copied())))
            .collect(),
        fires,
    }
}

fn absent(levels: &ServiceLevels) -> Alert {
    let info = levels.own("target_info");
    let name = ("ServiceAbsent", AlertSeverity::Critical, 5);
    let mut alert = alert(
        levels,
        name,
        format!("absent(sum({info}))"),
        &Text {
            summary: "no instance is there",
            description: "Prometheus has no metrics of any instance.",
            advice: "Is the service running? Can Prometheus reach its scrape endpoint, and are the labels of \
                     the scrape those of the rules (`matcher`)?",
            source: "after 5 minutes a series is stale in Prometheus, and 5 more exclude a restart",
        },
    );
    let fires = Some(Firing::value(1.0));
    alert.cases = vec![
        gauges("fires without an instance", &[], fires),
        gauges("quiet with an instance", &[(&info, &[(30, 1.0)])], None),
        gauges(
            "quiet with low traffic: two instances without calls",
            &[
                (&info.clone().equal("instance", "a"), &[(30, 1.0)]),
                (&info.clone().equal("instance", "b"), &[(30, 1.0)]),
            ],
            None,
        ),
    ];
    alert
}
