//! Metrics, from a source that tells what it is told to.

use std::sync::{Arc, Mutex};

use gusset_data::{
    Exemplar, HistogramDataPoint, Labels, LogSink as _, Metric, MetricData, MetricProducer,
    NumberDataPoint, SpanSink as _,
};
use gusset_otlp::{Protocol, Resource, Signal, Telemetry};

use crate::receiver::{Does, Receiver};
use crate::support::{PATIENCE, at, counter, quick};

/// Tells what it holds.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Vec<Metric>>>);

impl Held {
    fn hold(&self, metrics: Vec<Metric>) {
        *self.0.lock().unwrap() = metrics;
    }
}

impl MetricProducer for Held {
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
                sum: 7.25,
                exemplars: vec![Exemplar {
                    value: 3.5,
                    time: at(900),
                    trace_id: [7; 16],
                    span_id: [8; 8],
                }],
            }]),
        ),
    ]
}

fn start(receiver: &Receiver, source: &Held, protocol: Protocol, delta: bool) -> Telemetry {
    let preference = if delta { "Delta" } else { "cumulative" };
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .protocol(protocol)
        .resource(Resource::new())
        .metrics(source.clone());
    let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    quick(
        builder,
        &[(name, preference), ("OTEL_METRIC_EXPORT_TIMEOUT", "400")],
    )
}

/// What arrived, without what differs each time.
fn arrived(receiver: &Receiver) -> Vec<opentelemetry_proto::tonic::metrics::v1::Metric> {
    let requests = receiver.metric_requests();
    let scopes = requests
        .into_iter()
        .flat_map(|request| request.resource_metrics);
    let scopes = scopes.flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

#[test]
fn every_kind_arrives_with_its_numbers_over_every_protocol() {
    let mut all = Vec::new();
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc] {
        let (receiver, source) = (Receiver::start(), Held::default());
        source.hold(all_kinds());
        let report = start(&receiver, &source, protocol, false).shutdown(PATIENCE);
        assert_eq!(report.of(Signal::Metrics).exported, 4);
        let text = format!("{:#?}", arrived(&receiver));
        let lines = text
            .lines()
            .filter(|line| !line.trim().starts_with("time_unix_nano: 1"));
        all.push(lines.collect::<Vec<_>>().join("\n"));
    }
    insta::assert_snapshot!(all[0]);
    assert!(all.iter().all(|one| one == &all[0]));
}

/// Value and start of the counter in each request.
fn counters(receiver: &Receiver) -> Vec<(f64, u64, u64)> {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

    let all = arrived(receiver).into_iter();
    all.filter_map(|metric| match metric.data {
        Some(Data::Sum(sum)) if sum.is_monotonic => {
            let point = &sum.data_points[0];
            let Some(Value::AsDouble(value)) = point.value else {
                panic!("{point:?}")
            };
            Some((value, point.start_time_unix_nano, point.time_unix_nano))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn differences_begin_where_the_last_that_arrived_has_ended() {
    let (receiver, source) = (Receiver::start(), Held::default());
    let mut telemetry = start(&receiver, &source, Protocol::HttpProtobuf, true);
    source.hold(vec![counter(5.0)]);
    let _ = telemetry.flush(PATIENCE);
    source.hold(vec![counter(7.0)]);
    receiver.first([Does::Answers(400, vec![])]);
    let _ = telemetry.flush(PATIENCE);
    source.hold(vec![counter(8.0)]);
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Metrics).failed, 1);

    let all = counters(&receiver);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!((all[0].0, all[0].1), (5.0, 500_000_000));
    assert_eq!((all[1].0, all[1].1), (3.0, all[0].2));
}

#[test]
fn a_source_that_panics_harms_nobody_else() {
    struct Panics;
    impl MetricProducer for Panics {
        fn metrics(&self) -> Vec<Metric> {
            panic!("of the source's own")
        }
    }
    let receiver = Receiver::start();
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .metrics(Panics);
    let mut telemetry = quick(builder, &[]);
    let _ = telemetry.flush(PATIENCE);
    gusset_data::SpanSink::export(&telemetry.spans(), crate::support::span("a"));
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Traces).exported, 1);
}

#[test]
fn metrics_are_read_when_it_is_time() {
    let (receiver, source) = (Receiver::start(), Held::default());
    source.hold(vec![counter(1.0)]);
    let builder = Telemetry::builder()
        .endpoint(receiver.url())
        .metrics(source);
    let telemetry = quick(builder, &[("OTEL_METRIC_EXPORT_INTERVAL", "50")]);
    for _ in 0..3 {
        assert_eq!(receiver.next().path, "/v1/metrics");
    }
    drop(telemetry);
}

#[test]
fn what_is_logged_while_telemetry_is_exported_is_not_exported() {
    struct Talks(gusset_otlp::Logs, gusset_otlp::Spans);
    impl MetricProducer for Talks {
        fn metrics(&self) -> Vec<Metric> {
            assert!(!self.0.admit() && !self.1.admit());
            self.0.export(crate::support::record("loop"));
            self.1.export(crate::support::span("loop"));
            vec![counter(1.0)]
        }
    }
    let receiver = Receiver::start();
    let other = quick(Telemetry::builder().endpoint(receiver.url()), &[]);
    let source = Talks(other.logs(), other.spans());
    let telemetry = quick(
        Telemetry::builder()
            .endpoint(receiver.url())
            .metrics(source),
        &[],
    );
    assert_eq!(telemetry.shutdown(PATIENCE).of(Signal::Metrics).exported, 1);
    let report = other.shutdown(PATIENCE);
    for signal in [Signal::Logs, Signal::Traces] {
        assert_eq!(
            (report.of(signal).exported, report.of(signal).lost()),
            (0, 0)
        );
    }
}
