//! The attributes of a call in each signal.

use std::collections::BTreeMap;

use gusset_data::{Labels, Metric, MetricData, SpanData};
use serde_json::Value;

/// The attributes of one call in one signal.
pub(crate) type Attributes = BTreeMap<String, String>;

/// The signals that have an attribute.
pub(crate) type Signals = &'static [Signal];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    Log,
    Trace,
    Metrics,
}

pub(crate) use Signal::{Log, Metrics, Trace};

pub(crate) const ALL: Signals = &[Log, Trace, Metrics];
pub(crate) const LOG_AND_TRACE: Signals = &[Log, Trace];
pub(crate) const LOG_AND_METRICS: Signals = &[Log, Metrics];

/// The attributes of a kind of service that more than one signal has.
pub(crate) type Shared = &'static [(&'static str, Signals)];

pub(crate) const HTTP_SERVER: Shared = &[
    ("client.address", LOG_AND_TRACE),
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("http.request.method", ALL),
    ("http.request.method_original", LOG_AND_TRACE),
    ("http.response.body.size", LOG_AND_METRICS),
    ("http.response.status_code", ALL),
    ("http.route", ALL),
    ("network.protocol.version", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
    ("url.path", LOG_AND_TRACE),
    ("url.query", LOG_AND_TRACE),
    ("url.scheme", ALL),
    ("user_agent.original", LOG_AND_TRACE),
];

pub(crate) const HTTP_CLIENT: Shared = &[
    ("error.type", ALL),
    ("exception.message", LOG_AND_TRACE),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("http.request.method", ALL),
    ("http.request.method_original", LOG_AND_TRACE),
    ("http.response.body.size", LOG_AND_METRICS),
    ("http.response.status_code", ALL),
    ("network.protocol.version", ALL),
    ("server.address", ALL),
    ("server.port", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
    ("url.full", LOG_AND_TRACE),
    ("url.template", ALL),
    ("user_agent.original", LOG_AND_TRACE),
];

pub(crate) const GRPC_SERVER: Shared = &[
    ("error.type", ALL),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("rpc.method", ALL),
    ("rpc.method_original", LOG_AND_TRACE),
    ("rpc.response.status_code", ALL),
    ("rpc.system.name", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
];

pub(crate) const GRPC_CLIENT: Shared = &[
    ("error.type", ALL),
    ("exception.message", LOG_AND_TRACE),
    ("gusset.outcome", ALL),
    ("gusset.stage", ALL),
    ("rpc.method", ALL),
    ("rpc.response.status_code", ALL),
    ("rpc.system.name", ALL),
    ("server.address", ALL),
    ("server.port", ALL),
    ("span_id", LOG_AND_TRACE),
    ("trace_id", LOG_AND_TRACE),
];

pub(crate) fn entry_attributes(entry: &Value) -> Attributes {
    let fields = entry.as_object().unwrap().iter();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    fields
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

pub(crate) fn span_attributes(span: &SpanData) -> Attributes {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let attributes = span.attributes.iter();
    let mut attributes: Attributes = attributes
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    attributes.insert("trace_id".to_owned(), hex(&span.trace_id));
    attributes.insert("span_id".to_owned(), hex(&span.span_id));
    attributes
}

/// Returns the labels of the series that a call was recorded in.
pub(crate) fn metric_attributes(metric: &str, before: &[Metric], after: &[Metric]) -> Attributes {
    let (side, _) = metric.rsplit_once('.').unwrap();
    let changed = |name: &str| {
        let (before, after) = (series(before, name), series(after, name));
        let mut changed = after
            .into_iter()
            .filter(|(labels, value)| before.get(labels) != Some(value));
        let (labels, value) = changed.next()?;
        assert!(changed.next().is_none(), "{name} has two new values");
        let previous = before.get(&labels).copied().unwrap_or_default();
        Some((labels, value.0 - previous.0, value.1 - previous.1))
    };
    let (mut attributes, count, _) = changed(&format!("{metric}.duration")).unwrap();
    assert_eq!(count, 1);
    let (outcome, count, _) = changed(&format!("gusset.{side}.outcomes")).unwrap();
    assert_eq!(count, 1);
    for (name, value) in outcome {
        let other = attributes.insert(name, value.clone());
        assert!(other.is_none_or(|other| other == value));
    }
    if metric.starts_with("http") {
        let size = changed(&format!("{side}.response.body.size"));
        // Recorded if there is a response.
        let sum = size.map_or(0.0, |(labels, count, sum)| {
            assert_eq!(count, 1);
            assert!(
                labels
                    .iter()
                    .all(|(name, value)| attributes.get(name) == Some(value))
            );
            sum
        });
        attributes.insert("http.response.body.size".to_owned(), sum.to_string());
    }
    attributes
}

/// Returns the number and the sum of the values of each series.
fn series(metrics: &[Metric], name: &str) -> BTreeMap<Attributes, (u64, f64)> {
    let text = |labels: &Labels| {
        let labels = labels.iter();
        let labels = labels.map(|(name, value)| (name.to_string(), value.to_string()));
        labels.collect()
    };
    let Some(metric) = metrics.iter().find(|metric| metric.name == name) else {
        return BTreeMap::new();
    };
    match &metric.data {
        MetricData::Histogram(points) => points
            .iter()
            .map(|point| {
                let sum = point.sum.expect("no value is negative");
                (text(&point.labels), (point.counts.iter().sum(), sum))
            })
            .collect(),
        MetricData::Counter(points) => points
            .iter()
            .map(|point| (text(&point.labels), (point.value as u64, point.value)))
            .collect(),
        data => panic!("{name}: {data:?}"),
    }
}
