//! Alerts on limits of gusset's own parts.

use super::super::alert::Alert;
use super::Text;
use super::conditions::{increased, share};
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
    let metrics = ["gusset.bulkhead.in_flight", "gusset.bulkhead.limit"];
    share(
        levels,
        name,
        metrics,
        Some("gusset.bulkhead.name"),
        0.9,
        &text,
    )
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
    let metrics = [
        "otel.sdk.processor.span.queue.size",
        "otel.sdk.processor.span.queue.capacity",
    ];
    share(
        levels,
        name,
        metrics,
        Some("otel.component.name"),
        0.7,
        &text,
    )
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
    Some(increased(levels, name, &records, &[], &text))
}
