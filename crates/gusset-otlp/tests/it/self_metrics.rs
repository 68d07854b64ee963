//! The roads' own numbers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{Telemetry, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::receiver::{Does, Receiver};
use crate::support::{PATIENCE, counter, quick, record, span};

struct Source;

impl gusset_data::MetricProducer for Source {
    fn metrics(&self) -> Vec<gusset_data::Metric> {
        vec![counter(1.0)]
    }
}

/// Each series: its name and what tells it from others, and its number; of durations, how many.
fn read(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let (_, key) = key.into_parts();
        let labels = key.labels().filter(|label| {
            ![
                names::COMPONENT_NAME,
                names::SERVER_ADDRESS,
                names::SERVER_PORT,
            ]
            .contains(&label.key())
        });
        let labels: Vec<_> = labels.map(|label| label.value().to_owned()).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        (format!("{} {}", key.name(), labels.join(" ")), value)
    })
    .collect()
}

#[test]
fn queues_and_exports_are_counted_by_what_became_of_them() {
    let receiver = Receiver::start();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .metrics(Source)
        .recorder(Arc::new(recorder));
    let hour = [
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8"),
    ];
    let mut telemetry = quick(builder, &hour);
    let mut rounds = Vec::new();
    for does in [
        Does::Takes,
        Does::Answers(400, vec![]),
        Does::Rejects(1, ""),
    ] {
        receiver.does(does);
        for _ in 0..3 {
            telemetry.spans().export(span("a"));
            telemetry.logs().export(record("b"));
        }
        let _ = telemetry.flush(PATIENCE);
        rounds.push(read(&snapshotter));
    }
    let _ = telemetry.shutdown(PATIENCE);
    rounds.push(read(&snapshotter));
    insta::assert_debug_snapshot!(rounds);
    for metric in names::ALL {
        let there =
            |round: &BTreeMap<String, f64>| round.keys().any(|key| key.starts_with(metric.name));
        assert!(rounds.iter().any(there), "{}", metric.name);
    }
}

#[test]
fn what_finds_the_queue_full_is_counted_at_once() {
    let receiver = Receiver::start();
    receiver.does(Does::Hangs);
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .recorder(Arc::new(recorder));
    let telemetry = quick(builder, &[("OTEL_BSP_MAX_QUEUE_SIZE", "8")]);
    for _ in 0..100 {
        telemetry.spans().export(span("a"));
    }
    let full =
        read(&snapshotter)["otel.sdk.processor.span.processed batching_span_processor queue_full"];
    assert!(full >= 100.0 - 16.0, "{full}");
    let report = telemetry.shutdown(std::time::Duration::from_millis(50));
    assert_eq!(report.lost(), 100);
}

#[test]
fn every_metric_of_ours_is_described() {
    #[derive(Default)]
    struct Described(Mutex<Vec<String>>);
    impl metrics::Recorder for Described {
        fn describe_counter(
            &self,
            key: metrics::KeyName,
            _: Option<metrics::Unit>,
            _: metrics::SharedString,
        ) {
            self.0.lock().unwrap().push(key.as_str().to_owned());
        }
        fn describe_gauge(
            &self,
            key: metrics::KeyName,
            unit: Option<metrics::Unit>,
            text: metrics::SharedString,
        ) {
            self.describe_counter(key, unit, text);
        }
        fn describe_histogram(
            &self,
            key: metrics::KeyName,
            unit: Option<metrics::Unit>,
            text: metrics::SharedString,
        ) {
            self.describe_counter(key, unit, text);
        }
        fn register_counter(
            &self,
            _: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Counter {
            metrics::Counter::noop()
        }
        fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
            metrics::Gauge::noop()
        }
        fn register_histogram(
            &self,
            _: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Histogram {
            metrics::Histogram::noop()
        }
    }
    let recorder = Arc::new(Described::default());
    let telemetry = Telemetry::builder()
        .recorder(recorder.clone())
        .build_with(|_| None);
    drop(telemetry.unwrap());
    let described = recorder.0.lock().unwrap();
    for metric in names::ALL {
        assert!(
            described.iter().any(|name| name == metric.name),
            "{}",
            metric.name
        );
    }
}
