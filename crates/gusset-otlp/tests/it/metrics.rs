//! Export of metrics.

use std::sync::{Arc, Mutex};

use gusset_data::{
    BucketCounts, Exemplar, ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint,
    Labels, LogSink as _, Metric, MetricData, MetricProducer, NumberDataPoint, SpanSink as _,
};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Resource, Signal};

use crate::receiver::{Behavior, Receiver};
use crate::support::{TEST_TIMEOUT, at, build_fast, counter};

/// Returns the metrics that a test has set.
#[derive(Clone, Default)]
struct FixedMetrics(Arc<Mutex<Vec<Metric>>>);

impl FixedMetrics {
    fn set(&self, metrics: Vec<Metric>) {
        *self.0.lock().unwrap() = metrics;
    }
}

impl MetricProducer for FixedMetrics {
    fn metrics(&self) -> Vec<Metric> {
        self.0.lock().unwrap().clone()
    }
}

fn all_kinds() -> Vec<Metric> {
    let labels = Labels::from([("http.route".into(), "/a\"{".into())]);
    let point = |value| NumberDataPoint {
        labels: labels.clone(),
        start: at(500),
        value,
    };
    let metric = |name: &'static str, data| Metric {
        name: name.into(),
        unit: "1".into(),
        description: "".into(),
        data,
    };
    vec![
        counter(3.0),
        metric("active", MetricData::UpDownCounter(vec![point(2.0)])),
        metric("now", MetricData::Gauge(vec![point(-0.5)])),
        metric(
            "duration",
            MetricData::Histogram(vec![HistogramDataPoint {
                labels: Labels::from([]),
                start: at(500),
                bounds: [0.1, 1.0].into(),
                counts: vec![1, 0, 2],
                sum: Some(7.25),
                exemplars: vec![Exemplar {
                    value: 3.5,
                    time: at(900),
                    trace_id: [7; 16],
                    span_id: [8; 8],
                }],
            }]),
        ),
        metric(
            "exponential",
            MetricData::ExponentialHistogram(vec![exponential_point()]),
        ),
    ]
}

fn exponential_point() -> ExponentialHistogramDataPoint {
    let mut buckets = ExponentialBuckets::new(-2, 0.001);
    buckets.zero_count = 300;
    buckets.positive = BucketCounts {
        offset: -70,
        counts: vec![1, 0, 200],
    };
    buckets.negative = BucketCounts {
        offset: 3,
        counts: vec![u64::MAX >> 1],
    };
    ExponentialHistogramDataPoint {
        labels: Labels::from([("a".into(), "b".into())]),
        start: at(500),
        buckets,
        sum: None,
        min: Some(-9e30),
        max: Some(0.25),
        exemplars: vec![Exemplar {
            value: 0.25,
            time: at(900),
            trace_id: [7; 16],
            span_id: [8; 8],
        }],
    }
}

#[test]
fn exponential_histogram_is_decoded_as_it_was_recorded() {
    use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;

    for (protocol, delta) in PROTOCOLS.into_iter().zip([false, true, false]) {
        let (receiver, producer) = (Receiver::start(), FixedMetrics::default());
        producer.set(all_kinds());
        let _ = start(&receiver, &producer, protocol, delta).shutdown(TEST_TIMEOUT);
        let metrics = received(&receiver).into_iter();
        let mut histograms = metrics.filter_map(|metric| match metric.data {
            Some(Data::ExponentialHistogram(histogram)) => Some(histogram),
            _ => None,
        });
        let histogram = histograms.next().unwrap();
        assert_eq!(histogram.aggregation_temporality, if delta { 1 } else { 2 });
        let [point] = &histogram.data_points[..] else {
            panic!("{histogram:?}")
        };
        assert_eq!(point.count, (u64::MAX >> 1) + 501);
        assert_eq!((point.scale, point.zero_count), (-2, 300));
        assert_eq!(point.zero_threshold, 0.001);
        let positive = Buckets {
            offset: -70,
            bucket_counts: vec![1, 0, 200],
        };
        let negative = Buckets {
            offset: 3,
            bucket_counts: vec![u64::MAX >> 1],
        };
        assert_eq!(
            (&point.positive, &point.negative),
            (&Some(positive), &Some(negative))
        );
        assert_eq!(
            (point.sum, point.min, point.max),
            (None, Some(-9e30), Some(0.25))
        );
        assert_eq!(point.start_time_unix_nano, 500_000_000);
        assert_eq!(point.exemplars[0].span_id, [8; 8]);
        assert_eq!(point.attributes[0].key, "a");
    }
}

fn start(
    receiver: &Receiver,
    producer: &FixedMetrics,
    protocol: OtlpProtocol,
    delta: bool,
) -> OtlpPipeline {
    let preference = if delta { "Delta" } else { "cumulative" };
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .protocol(protocol)
        .resource(Resource::new())
        .metric_producer(producer.clone());
    let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    build_fast(
        builder,
        &[(name, preference), ("OTEL_METRIC_EXPORT_TIMEOUT", "400")],
    )
}

/// Returns the received metrics.
fn received(receiver: &Receiver) -> Vec<opentelemetry_proto::tonic::metrics::v1::Metric> {
    let requests = receiver.metric_requests();
    let scopes = requests
        .into_iter()
        .flat_map(|request| request.resource_metrics);
    let scopes = scopes.flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

const PROTOCOLS: [OtlpProtocol; 3] = [
    OtlpProtocol::HttpProtobuf,
    OtlpProtocol::HttpJson,
    OtlpProtocol::Grpc,
];

#[test]
fn all_kinds_are_exported_over_every_protocol() {
    let mut all = Vec::new();
    for protocol in PROTOCOLS {
        let (receiver, producer) = (Receiver::start(), FixedMetrics::default());
        producer.set(all_kinds());
        let report = start(&receiver, &producer, protocol, false).shutdown(TEST_TIMEOUT);
        assert_eq!(report.counts(Signal::Metrics).exported, 5);
        let text = format!("{:#?}", received(&receiver));
        let lines = text
            .lines()
            .filter(|line| !line.trim().starts_with("time_unix_nano: 1"));
        all.push(lines.collect::<Vec<_>>().join("\n"));
    }
    insta::assert_snapshot!(all[0]);
    assert!(all.iter().all(|one| one == &all[0]));
}

#[test]
fn numbers_and_attributes_have_their_types() {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

    let labels = [
        ("http.response.status_code", "402"),
        ("http.route", "7"),
        ("network.peer.port", "many"),
        ("otel.metric.overflow", "true"),
        ("server.port", "443"),
        ("z.repeated", "first"),
        ("z.repeated", "last"),
    ];
    let labels: Labels = labels.map(|(key, value)| (key.into(), value.into())).into();
    let sum = |name: &'static str, unit: &'static str, values: &[f64]| {
        let point = |value: &f64| NumberDataPoint {
            labels: labels.clone(),
            start: at(500),
            value: *value,
        };
        Metric {
            name: name.into(),
            unit: unit.into(),
            description: "".into(),
            data: MetricData::UpDownCounter(values.iter().map(point).collect()),
        }
    };
    for protocol in PROTOCOLS {
        let (receiver, producer) = (Receiver::start(), FixedMetrics::default());
        producer.set(vec![
            sum("a", "{item}", &[-3.0, 4.0]),
            sum("b", "{item}", &[3.0, 4.5]),
            sum("c", "By", &[1024.0]),
            sum("d", "s", &[3.0]),
            counter(9_007_199_254_740_992.0),
        ]);
        let _ = start(&receiver, &producer, protocol, false).shutdown(TEST_TIMEOUT);
        let sums: Vec<_> = received(&receiver)
            .into_iter()
            .filter_map(|metric| match metric.data {
                Some(Data::Sum(sum)) => Some(sum.data_points),
                _ => None,
            })
            .collect();
        let values = sums
            .iter()
            .map(|points| points.iter().filter_map(|it| it.value));
        let values: Vec<Vec<_>> = values.map(Iterator::collect).collect();
        assert_eq!(
            values,
            [
                vec![Value::AsInt(-3), Value::AsInt(4)],
                vec![Value::AsDouble(3.0), Value::AsDouble(4.5)],
                vec![Value::AsInt(1024)],
                vec![Value::AsDouble(3.0)],
                vec![Value::AsInt(9_007_199_254_740_992)],
            ]
        );
        let attributes = sums[0][0].attributes.iter();
        let attributes: Vec<_> = attributes
            .map(|it| (&*it.key, it.value.clone().unwrap().value.unwrap()))
            .collect();
        let text = |text: &str| Any::StringValue(text.to_owned());
        assert_eq!(
            attributes,
            [
                ("http.response.status_code", Any::IntValue(402)),
                ("http.route", text("7")),
                ("network.peer.port", text("many")),
                ("otel.metric.overflow", Any::BoolValue(true)),
                ("server.port", Any::IntValue(443)),
                ("z.repeated", text("last")),
            ]
        );
    }
}

/// Returns the value, start and time of the counter in each request.
fn counters(receiver: &Receiver) -> Vec<(i64, u64, u64)> {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

    let all = received(receiver).into_iter();
    all.filter_map(|metric| match metric.data {
        Some(Data::Sum(sum)) if sum.is_monotonic => {
            let point = &sum.data_points[0];
            let Some(Value::AsInt(value)) = point.value else {
                panic!("{point:?}")
            };
            Some((value, point.start_time_unix_nano, point.time_unix_nano))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn delta_starts_at_the_last_successful_export() {
    let (receiver, producer) = (Receiver::start(), FixedMetrics::default());
    let mut pipeline = start(&receiver, &producer, OtlpProtocol::HttpProtobuf, true);
    producer.set(vec![counter(5.0)]);
    let _ = pipeline.flush(TEST_TIMEOUT);
    producer.set(vec![counter(7.0)]);
    receiver.script([Behavior::HttpStatus(400, vec![])]);
    let _ = pipeline.flush(TEST_TIMEOUT);
    producer.set(vec![counter(8.0)]);
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Metrics).send_failed, 1);

    let all = counters(&receiver);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!((all[0].0, all[0].1), (5, 500_000_000));
    assert_eq!((all[1].0, all[1].1), (3, all[0].2));
}

#[test]
fn panicking_producer_does_not_affect_spans() {
    struct Panics;
    impl MetricProducer for Panics {
        fn metrics(&self) -> Vec<Metric> {
            panic!("a bug of the producer")
        }
    }
    let receiver = Receiver::start();
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .metric_producer(Panics);
    let mut pipeline = build_fast(builder, &[]);
    let _ = pipeline.flush(TEST_TIMEOUT);
    gusset_data::SpanSink::export(&pipeline.span_sink(), crate::support::span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Traces).exported, 1);
}

#[test]
fn metrics_are_exported_at_each_interval() {
    let (receiver, producer) = (Receiver::start(), FixedMetrics::default());
    producer.set(vec![counter(1.0)]);
    let builder = OtlpPipeline::builder()
        .endpoint(receiver.url())
        .metric_producer(producer);
    let pipeline = build_fast(builder, &[("OTEL_METRIC_EXPORT_INTERVAL", "50")]);
    for _ in 0..3 {
        assert_eq!(receiver.next_request().path, "/v1/metrics");
    }
    drop(pipeline);
}

#[test]
fn telemetry_of_exports_is_suppressed() {
    struct LoggingProducer(gusset_otlp::OtlpLogSink, gusset_otlp::OtlpSpanSink);
    impl MetricProducer for LoggingProducer {
        fn metrics(&self) -> Vec<Metric> {
            assert!(!self.0.has_capacity() && !self.1.has_capacity());
            self.0.export(crate::support::record("loop"));
            self.1.export(crate::support::span("loop"));
            vec![counter(1.0)]
        }
    }
    let receiver = Receiver::start();
    let other = build_fast(OtlpPipeline::builder().endpoint(receiver.url()), &[]);
    let producer = LoggingProducer(other.log_sink(), other.span_sink());
    let pipeline = build_fast(
        OtlpPipeline::builder()
            .endpoint(receiver.url())
            .metric_producer(producer),
        &[],
    );
    assert_eq!(
        pipeline
            .shutdown(TEST_TIMEOUT)
            .counts(Signal::Metrics)
            .exported,
        1
    );
    let report = other.shutdown(TEST_TIMEOUT);
    for signal in [Signal::Logs, Signal::Traces] {
        assert_eq!(
            (
                report.counts(signal).exported,
                report.counts(signal).dropped()
            ),
            (0, 0)
        );
    }
}
