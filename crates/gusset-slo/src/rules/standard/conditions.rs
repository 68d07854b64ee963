//! Conditions that several alerts have, with their cases.

use super::super::alert::Alert;
use super::super::series::{Case, Firing, InputSeries, growing};
use super::{MINUTE, Text, alert, gauges};
use crate::promql::{Selector, duration};
use crate::{AlertSeverity, ServiceLevels};

/// Creates an alert on a part of a limit, of each instance and of each value of a label.
///
/// Returns `None` if the catalogue does not have both metrics.
pub(super) fn share(
    levels: &ServiceLevels,
    name: (&str, AlertSeverity, u32),
    [used, limit]: [&str; 2],
    label: Option<&str>,
    threshold: f64,
    text: &Text,
) -> Option<Alert> {
    let used = levels.series(levels.catalogue().find(used)?);
    let limit = levels.series(levels.catalogue().find(limit)?);
    let by = label.map(|label| label.replace('.', "_"));
    let list = match &by {
        Some(by) => format!("instance, {by}"),
        None => "instance".to_owned(),
    };
    let sum = |series: &_| format!("sum by ({list}) ({series})");
    let expr = format!("{} / {} > {threshold}", sum(&used), sum(&limit));
    let minutes = name.2;
    let mut alert = alert(levels, name, expr, text);
    let own = |series: Selector| {
        let series = series.equal("instance", "a");
        match label {
            Some(label) => series.equal(label, "x"),
            None => series,
        }
    };
    let (used, limit) = (own(used), own(limit));
    let (below, above) = (threshold * 95.0, threshold * 105.0);
    let long = minutes + 2;
    let fires = Firing::value(above / 100.0).label("instance", "a");
    let fires = match &by {
        Some(by) => fires.label(by, "x"),
        None => fires,
    };
    alert.cases = vec![
        gauges(
            "fires",
            &[
                (&used, &[(5, 0.0), (long, above)]),
                (&limit, &[(5 + long, 100.0)]),
            ],
            Some(fires),
        ),
        gauges(
            "quiet below",
            &[(&used, &[(30, below)]), (&limit, &[(30, 100.0)])],
            None,
        ),
        gauges(
            "quiet while it is short",
            &[
                (&used, &[(5, 0.0), (minutes, above)]),
                (&limit, &[(5 + minutes, 100.0)]),
            ],
            None,
        ),
        gauges(
            "quiet with low traffic",
            &[(&used, &[(30, 0.0)]), (&limit, &[(30, 100.0)])],
            None,
        ),
    ];
    Some(alert)
}

/// Creates an alert on a counter that must not grow: it grew within a quarter of an hour.
///
/// `labels` are conditions on its series.
pub(super) fn increased(
    levels: &ServiceLevels,
    name: (&str, AlertSeverity, u32),
    counter: &Selector,
    labels: &[(&str, &str)],
    text: &Text,
) -> Alert {
    let counter = labels
        .iter()
        .fold(counter.clone(), |counter, (label, value)| {
            counter.equal(label, value)
        });
    let window = duration(levels.window(MINUTE * 15));
    let expr = format!("sum by (instance) (increase({counter}[{window}])) > 0");
    let mut alert = alert(levels, name, expr, text);
    let series = counter.equal("instance", "a");
    let case = |name: &str, step: f64, fires| Case {
        name: name.to_owned(),
        step: MINUTE,
        interval: MINUTE,
        series: vec![InputSeries::new(&series, growing([(30, step)]))],
        eval_time: MINUTE * 20,
        fires,
    };
    let fires = Firing::value(15.0).label("instance", "a");
    alert.cases = vec![
        case("fires", 1.0, Some(fires)),
        case("quiet with low traffic: it does not grow", 0.0, None),
        gauges("quiet without the service", &[], None),
    ];
    alert
}
