//! Alerts on circuit breakers.

use super::super::alert::Alert;
use super::super::series::{Case, Firing, InputSeries, growing};
use super::{MINUTE, Text, alert, gauges};
use crate::{AlertSeverity, ServiceLevels};

/// Openings in half an hour: at the default of 60 s between attempts it is open more than it is closed.
const MAX_OPENINGS: u32 = 5;
const NAME: &str = "gusset.breaker.name";

pub(super) fn alerts(levels: &ServiceLevels) -> Vec<Alert> {
    [open(levels), flapping(levels)]
        .into_iter()
        .flatten()
        .collect()
}

fn open(levels: &ServiceLevels) -> Option<Alert> {
    let state = levels.series(levels.catalogue().find("gusset.breaker.state")?);
    let is_open = state.any_of("gusset.breaker.state", &["open", "forced_open"]);
    let name = ("BreakerOpen", AlertSeverity::Warning, 5);
    let text = Text {
        summary: "a circuit breaker is open",
        description: "Calls to a dependency have been rejected for 5 minutes.",
        advice: "The label `gusset_breaker_name` names the dependency. Is it down, or slow? The breaker closes \
                 by itself when its probes succeed. A forced one has to be released.",
        source: "several times the time between probes; the objectives page for users who notice it",
    };
    let expr = format!("max by (gusset_breaker_name) ({is_open}) == 1");
    let mut alert = alert(levels, name, expr, &text);
    let series = levels.catalogue().find("gusset.breaker.state")?;
    let series = levels.series(series).equal(NAME, "payments");
    let series = series.equal("gusset.breaker.state", "open");
    let fires = Firing::value(1.0).label("gusset_breaker_name", "payments");
    alert.cases = vec![
        gauges("fires", &[(&series, &[(5, 0.0), (8, 1.0)])], Some(fires)),
        gauges("quiet when closed", &[(&series, &[(20, 0.0)])], None),
        gauges(
            "quiet while it is short",
            &[(&series, &[(5, 0.0), (4, 1.0)])],
            None,
        ),
        gauges("quiet with low traffic: no call yet", &[], None),
    ];
    Some(alert)
}

fn flapping(levels: &ServiceLevels) -> Option<Alert> {
    let transitions = levels.series(levels.catalogue().find("gusset.breaker.transitions")?);
    let opened = transitions.equal("gusset.breaker.to", "open");
    let name = ("BreakerFlapping", AlertSeverity::Warning, 0);
    let text = Text {
        summary: "a circuit breaker opens again and again",
        description: "It has opened more than five times in half an hour.",
        advice: "The dependency passes the probes and fails under load, or the thresholds of the breaker are too \
                 near to what is usual.",
        source: "at the usual time between probes it is then open more than it is closed",
    };
    let window = crate::promql::duration(levels.window(MINUTE * 30));
    let expr =
        format!("sum by (gusset_breaker_name) (increase({opened}[{window}])) > {MAX_OPENINGS}");
    let mut alert = alert(levels, name, expr, &text);
    let series = opened.equal(NAME, "payments").equal("instance", "a");
    let case = |name: &str, values: String, fires| Case {
        name: name.to_owned(),
        step: MINUTE,
        interval: MINUTE,
        series: vec![InputSeries::new(&series, values)],
        eval_time: MINUTE * 30,
        fires,
    };
    let fires = Firing::value(7.0).label("gusset_breaker_name", "payments");
    alert.cases = vec![
        // Each fourth minute.
        case("fires", growing([(60, 0.25)]), Some(fires)),
        case("quiet when it does not change", growing([(60, 0.0)]), None),
        case(
            "quiet with low traffic: it opened once",
            growing([(10, 0.0), (1, 1.0), (49, 0.0)]),
            None,
        ),
    ];
    Some(alert)
}
