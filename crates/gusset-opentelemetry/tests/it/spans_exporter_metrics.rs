//! The metrics of the queue of an exporter.

use std::sync::Arc;

use gusset_data::sdk_metrics::{SPAN_PROCESSED, SPAN_QUEUE_CAPACITY, SPAN_QUEUE_SIZE};
use gusset_data::{MetricData, MetricProducer as _, semconv};
use gusset_metrics::Registry;
use gusset_opentelemetry::SpanExporterPipeline;
use gusset_trace::TraceObserver;
use http::Request;

use crate::spans_exporter_support::*;
use crate::spans_support::*;
use crate::support::built;

/// Returns the values of a metric by `error.type`.
fn values_of(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
    let points = match &metric.data {
        MetricData::Counter(points)
        | MetricData::Gauge(points)
        | MetricData::UpDownCounter(points) => points,
        data => panic!("{data:?}"),
    };
    let mut values: Vec<_> = points
        .iter()
        .map(|point| {
            let label = |name| {
                let mut labels = point.labels.iter();
                labels
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.to_string())
            };
            let component = label(semconv::OTEL_COMPONENT_TYPE).unwrap();
            assert_eq!(component, "gusset_span_exporter_processor");
            (label(semconv::ERROR_TYPE).unwrap_or_default(), point.value)
        })
        .collect();
    values.sort_by(|one, other| one.0.cmp(&other.0));
    values
}

#[test]
fn drops_are_counted_by_reason() {
    let registry = Arc::new(Registry::builder().build().unwrap());
    let vars = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
    ];
    let exporter = Exporter::default();
    exporter.set(Behavior::Block);
    let builder = SpanExporterPipeline::builder().recorder(registry.clone());
    let pipeline = exporter.start_with(builder, &vars);
    let trace = built(TraceObserver::server().sink(pipeline.span_sink()));
    let call = || serve(trace.clone(), Request::new(()), || ());
    call();
    exporter.wait_for_batch();
    // Two are queued, and three are too many.
    (0..5).for_each(|_| call());
    exporter.set(Behavior::Succeed);
    assert_eq!(pipeline.shutdown(SOON).exported, 3);
    call();
    let only = |value| vec![(String::new(), value)];
    assert_eq!(values_of(&registry, SPAN_QUEUE_CAPACITY.name), only(2.0));
    assert_eq!(values_of(&registry, SPAN_QUEUE_SIZE.name), only(0.0));
    let reasons = [("", 3.0), ("already_shutdown", 1.0), ("queue_full", 3.0)];
    let reasons = reasons.map(|(reason, count)| (reason.to_owned(), count));
    assert_eq!(values_of(&registry, SPAN_PROCESSED.name), reasons);
}
