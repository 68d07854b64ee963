//! The metrics of the pipeline about itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use gusset_data::{LogSink as _, SpanSink as _, semconv};
use gusset_otlp::{OtlpPipeline, Signal, names};
use gusset_testkit::PanickingRecorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::receiver::{Behavior, Receiver};
use crate::support::{TEST_TIMEOUT, build_fast, counter, record, span};

struct OneCounter;

impl gusset_data::MetricProducer for OneCounter {
    fn metrics(&self) -> Vec<gusset_data::Metric> {
        vec![counter(1.0)]
    }
}

/// Returns the value of each series by its name and distinguishing labels. For durations, the value is
/// their number.
fn read(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let (_, key) = key.into_parts();
        let labels = key.labels().filter(|label| {
            ![
                semconv::OTEL_COMPONENT_NAME,
                semconv::SERVER_ADDRESS,
                semconv::SERVER_PORT,
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
fn exports_go_on_if_the_recorder_panics() {
    let receiver = Receiver::start();
    let recorder = PanickingRecorder::default();
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .metric_producer(OneCounter)
        .recorder(Arc::new(recorder.clone()));
    let mut pipeline = build_fast(builder, &[("OTEL_BSP_MAX_QUEUE_SIZE", "1")]);
    recorder.start();
    for _ in 0..2 {
        pipeline.span_sink().export(span("a"));
        // The queue may be full, so that it counts.
        pipeline.span_sink().export(span("b"));
        pipeline.log_sink().export(record("a"));
        assert!(pipeline.flush(TEST_TIMEOUT).completed_in_time());
    }
    let (sink, report) = (pipeline.span_sink(), pipeline.shutdown(TEST_TIMEOUT));
    sink.export(span("too late"));
    assert!(report.completed_in_time());
    assert!(report.counts(Signal::Traces).exported >= 2, "{report:?}");
    assert_eq!(report.counts(Signal::Logs).exported, 2);
    assert_eq!(report.counts(Signal::Metrics).exported, 3);
}

#[test]
fn queues_and_exports_are_counted_by_outcome() {
    let receiver = Receiver::start();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .metric_producer(OneCounter)
        .recorder(Arc::new(recorder));
    let hour = [
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8"),
    ];
    let mut pipeline = build_fast(builder, &hour);
    let mut rounds = Vec::new();
    for behavior in [
        Behavior::Accept,
        Behavior::HttpStatus(400, vec![]),
        Behavior::Reject(1, ""),
    ] {
        receiver.set_behavior(behavior);
        for _ in 0..3 {
            pipeline.span_sink().export(span("a"));
            pipeline.log_sink().export(record("b"));
        }
        let _ = pipeline.flush(TEST_TIMEOUT);
        rounds.push(read(&snapshotter));
    }
    let _ = pipeline.shutdown(TEST_TIMEOUT);
    rounds.push(read(&snapshotter));
    insta::assert_debug_snapshot!(rounds);
    for metric in names::ALL {
        let is_recorded =
            |round: &BTreeMap<String, f64>| round.keys().any(|key| key.starts_with(metric.name));
        assert!(rounds.iter().any(is_recorded), "{}", metric.name);
    }
}

#[test]
fn full_queue_is_counted_immediately() {
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::NeverRespond);
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .recorder(Arc::new(recorder));
    let pipeline = build_fast(builder, &[("OTEL_BSP_MAX_QUEUE_SIZE", "8")]);
    for _ in 0..100 {
        pipeline.span_sink().export(span("a"));
    }
    let full =
        read(&snapshotter)["otel.sdk.processor.span.processed batching_span_processor queue_full"];
    assert!(full >= 100.0 - 16.0, "{full}");
    let report = pipeline.shutdown(std::time::Duration::from_millis(50));
    assert_eq!(report.dropped(), 100);
}

#[test]
fn all_metrics_are_described() {
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
    let pipeline = OtlpPipeline::builder()
        .recorder(recorder.clone())
        .build_with(|_| None);
    drop(pipeline.unwrap());
    let described = recorder.0.lock().unwrap();
    for metric in names::ALL {
        assert!(
            described.iter().any(|name| name == metric.name),
            "{}",
            metric.name
        );
    }
}
