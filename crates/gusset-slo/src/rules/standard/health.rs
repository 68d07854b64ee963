//! Alerts on the health of a service.

use super::super::alert::Alert;
use super::super::series::Firing;
use super::{Text, alert, gauges};
use crate::{AlertSeverity, ServiceLevels};

pub(super) fn alerts(levels: &ServiceLevels) -> Vec<Alert> {
    [not_live(levels), not_ready(levels), check_down(levels)]
        .into_iter()
        .flatten()
        .collect()
}

fn not_live(levels: &ServiceLevels) -> Option<Alert> {
    let live = levels.series(levels.catalogue().find("gusset.health.live")?);
    let name = ("ServiceNotLive", AlertSeverity::Critical, 2);
    let text = Text {
        summary: "an instance is not live",
        description: "A heartbeat is overdue, and the instance has not been restarted.",
        advice: "Look at the heartbeats in `/livez` and at the log before the first missing beat: usually a \
                 thread or the runtime is blocked. Restart the instance.",
        source: "kubelet restarts after three failed probes, 30 s by default; after 2 minutes it will not",
    };
    let expr = format!("min by (instance) ({live}) == 0");
    Some(with_cases(alert(levels, name, expr, &text), &live, 0.0, 2))
}

fn not_ready(levels: &ServiceLevels) -> Option<Alert> {
    let ready = levels.series(levels.catalogue().find("gusset.health.ready")?);
    let name = ("ServiceNotReady", AlertSeverity::Warning, 15);
    let text = Text {
        summary: "an instance is not ready",
        description: "An instance has received no traffic for a quarter of an hour.",
        advice: "`/readyz` names the check that fails. A drain that does not end is one too.",
        source: "kubernetes-mixin, KubePodNotReady: 15 minutes",
    };
    let expr = format!("min by (instance) ({ready}) == 0");
    Some(with_cases(
        alert(levels, name, expr, &text),
        &ready,
        0.0,
        15,
    ))
}

fn check_down(levels: &ServiceLevels) -> Option<Alert> {
    let status = levels.series(levels.catalogue().find("gusset.health.check.status")?);
    let down = status.equal("gusset.health.status", "down");
    let name = ("HealthCheckDown", AlertSeverity::Warning, 5);
    let text = Text {
        summary: "a health check is down",
        description: "The check of a dependency has failed for 5 minutes on at least one instance.",
        advice: "The label `gusset_health_check` names the check; `/healthz` has its last error.",
        source: "longer than a restart of the dependency",
    };
    let expr = format!("max by (instance, gusset_health_check) ({down}) == 1");
    let down = down.equal("gusset.health.check", "db");
    let mut alert = with_cases(alert(levels, name, expr, &text), &down, 1.0, 5);
    for firing in alert
        .cases
        .iter_mut()
        .filter_map(|case| case.fires.as_mut())
    {
        let label = ("gusset_health_check".to_owned(), "db".to_owned());
        firing.labels.extend([label]);
    }
    Some(alert)
}

/// Adds cases of a gauge that is 0 or 1, of which `bad` is the one that fires.
pub(super) fn with_cases(
    mut alert: Alert,
    series: &crate::promql::Selector,
    bad: f64,
    minutes: u32,
) -> Alert {
    let series = series.clone().equal("instance", "a");
    let good = 1.0 - bad;
    let fires = Firing::value(bad).label("instance", "a");
    let long = minutes + 2;
    alert.cases = vec![
        gauges(
            "fires",
            &[(&series, &[(5, good), (long, bad)])],
            Some(fires),
        ),
        gauges("quiet when well", &[(&series, &[(long * 2, good)])], None),
        gauges(
            "quiet while it is short",
            &[(&series, &[(5, good), (minutes, bad)])],
            None,
        ),
        gauges("quiet with low traffic: no instance", &[], None),
    ];
    alert
}
