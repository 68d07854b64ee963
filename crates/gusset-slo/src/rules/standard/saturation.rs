//! Alerts on limits that a service reaches.

use super::super::alert::Alert;
use super::super::series::{Case, Firing, InputSeries, growing};
use super::{MINUTE, Text, alert, gauges};
use crate::promql::duration;
use crate::{AlertSeverity, ServiceLevels};

pub(super) fn alerts(levels: &ServiceLevels) -> Vec<Alert> {
    [bulkhead(levels), queue(levels), overflow(levels)]
        .into_iter()
        .flatten()
        .collect()
}

fn bulkhead(levels: &ServiceLevels) -> Option<Alert> {
    let name = ("BulkheadSaturated", AlertSeverity::Warning, 5);
    let text = Text {
        summary: "a bulkhead is nearly full",
        description: "More than 90 % of the calls that it admits at once have been in progress for 5 minutes.",
        advice: "The label `gusset_bulkhead_name` names the calls. Are they slower than usual? Then it is the \
                 dependency. Otherwise more instances or a higher limit are needed.",
        source: "90 %: above it, waiting grows faster than the load (queueing theory); 5 minutes exclude a burst",
    };
    let labels = ["gusset.bulkhead.in_flight", "gusset.bulkhead.limit"];
    share(levels, name, labels, "gusset.bulkhead.name", 0.9, &text)
}

fn queue(levels: &ServiceLevels) -> Option<Alert> {
    let name = ("TelemetryQueueFull", AlertSeverity::Warning, 5);
    let text = Text {
        summary: "a queue of telemetry is nearly full",
        description: "The queue of spans is more than 70 % full; when it is full, spans are dropped.",
        advice: "Is the collector reachable and fast enough? `otel_sdk_exporter_span_exported_total` by \
                 `error_type` has the reason.",
        source: "OpenTelemetry Collector, \"Troubleshooting\": add capacity from 60 % to 70 % of a queue",
    };
    let labels = [
        "otel.sdk.processor.span.queue.size",
        "otel.sdk.processor.span.queue.capacity",
    ];
    share(levels, name, labels, "otel.component.name", 0.7, &text)
}

fn overflow(levels: &ServiceLevels) -> Option<Alert> {
    let records = levels.series(levels.catalogue().find("gusset.metrics.overflow_records")?);
    let name = ("MetricsOverflow", AlertSeverity::Warning, 0);
    let text = Text {
        summary: "a metric has too many series",
        description: "Records went to the series `otel_metric_overflow=\"true\"`, so figures by label are too \
                      low.",
        advice: "The log names the metric. Remove a label with a view, or raise its limit.",
        source: "one record is too many: alerts by label would miss it",
    };
    let window = duration(levels.window(MINUTE * 15));
    let expr = format!("sum by (instance) (increase({records}[{window}])) > 0");
    let mut alert = alert(levels, name, expr, &text);
    let series = records.equal("instance", "a");
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
        case("quiet with low traffic: no such record", 0.0, None),
        gauges("quiet without the service", &[], None),
    ];
    Some(alert)
}

/// Creates an alert on a part of a limit, by a label.
fn share(
    levels: &ServiceLevels,
    name: (&str, AlertSeverity, u32),
    [used, limit]: [&str; 2],
    label: &str,
    threshold: f64,
    text: &Text,
) -> Option<Alert> {
    let used = levels.series(levels.catalogue().find(used)?);
    let limit = levels.series(levels.catalogue().find(limit)?);
    let by = label.replace('.', "_");
    let sum = |series: &_| format!("sum by (instance, {by}) ({series})");
    let expr = format!("{} / {} > {threshold}", sum(&used), sum(&limit));
    let minutes = name.2;
    let mut alert = alert(levels, name, expr, text);
    let own = |series: crate::promql::Selector| series.equal(label, "x").equal("instance", "a");
    let (used, limit) = (own(used), own(limit));
    let (below, above) = (threshold * 95.0, threshold * 105.0);
    let long = minutes + 2;
    let fires = Firing::value(above / 100.0)
        .label("instance", "a")
        .label(&by, "x");
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
                (&used, &[(5, 0.0), (minutes - 1, above), (2, 0.0)]),
                (&limit, &[(6 + minutes, 100.0)]),
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
