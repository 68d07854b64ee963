//! Metrics of producers of the registry are rendered like those that were recorded.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::sync::Arc;
use std::time::SystemTime;

use gusset_data::{
    HistogramDataPoint, Labels, Metric, MetricData, MetricProducer, NumberDataPoint,
};
use gusset_prometheus::{PrometheusExporter, Resource};

/// Returns a counter of seconds, a gauge, an up-down counter of bytes and a histogram.
struct Produced;

fn labels(value: &'static str) -> Labels {
    [("cpu.mode".into(), value.into())].into()
}

fn point(labels: Labels, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        labels,
        start: SystemTime::UNIX_EPOCH,
        value,
    }
}

fn metric(name: &'static str, unit: &'static str, data: MetricData) -> Metric {
    Metric {
        name: name.into(),
        unit: unit.into(),
        description: "A \"test\".".into(),
        data,
    }
}

impl MetricProducer for Produced {
    fn metrics(&self) -> Vec<Metric> {
        let times = vec![
            point(labels("user"), 1.25),
            point(labels("system"), 2.0),
            // A page with both is invalid.
            point(labels("user"), 9.0),
        ];
        let histogram = HistogramDataPoint {
            labels: [].into(),
            start: SystemTime::UNIX_EPOCH,
            bounds: [0.5, 1.0].into(),
            counts: vec![1, 0, 2],
            sum: Some(4.5),
            exemplars: Vec::new(),
        };
        vec![
            metric("a.time", "s", MetricData::Counter(times)),
            metric(
                "b.used",
                "By",
                MetricData::UpDownCounter(vec![point([].into(), 4096.0)]),
            ),
            metric(
                "c.share",
                "1",
                MetricData::Gauge(vec![point([].into(), 0.5)]),
            ),
            metric("d.lag", "s", MetricData::Histogram(vec![histogram])),
            metric("e.nothing", "s", MetricData::Gauge(Vec::new())),
        ]
    }
}

fn exporter(producer: &Arc<Produced>) -> PrometheusExporter {
    let builder = PrometheusExporter::builder().resource(Resource::new());
    let exporter = builder.build_with(|_| None).unwrap();
    exporter.recorder().add_producer(producer);
    exporter
}

#[test]
fn text_has_all_kinds() {
    let producer = Arc::new(Produced);
    let expected = "\
# HELP a_time_seconds_total A \"test\".
# TYPE a_time_seconds_total counter
a_time_seconds_total{cpu_mode=\"system\"} 2
a_time_seconds_total{cpu_mode=\"user\"} 1.25
# HELP b_used_bytes A \"test\".
# TYPE b_used_bytes gauge
b_used_bytes 4096
# HELP c_share_ratio A \"test\".
# TYPE c_share_ratio gauge
c_share_ratio 0.5
# HELP d_lag_seconds A \"test\".
# TYPE d_lag_seconds histogram
d_lag_seconds_bucket{le=\"0.5\"} 1
d_lag_seconds_bucket{le=\"1\"} 1
d_lag_seconds_bucket{le=\"+Inf\"} 3
d_lag_seconds_sum 4.5
d_lag_seconds_count 3
";
    assert_eq!(exporter(&producer).endpoint().render(), expected);
}

#[test]
fn open_metrics_has_the_names_of_openmetrics() {
    let producer = Arc::new(Produced);
    let expected = "\
# HELP a_time_seconds A \\\"test\\\".
# TYPE a_time_seconds counter
# UNIT a_time_seconds seconds
a_time_seconds_total{cpu_mode=\"system\"} 2
a_time_seconds_total{cpu_mode=\"user\"} 1.25
# HELP b_used_bytes A \\\"test\\\".
# TYPE b_used_bytes gauge
# UNIT b_used_bytes bytes
b_used_bytes 4096
# HELP c_share_ratio A \\\"test\\\".
# TYPE c_share_ratio gauge
c_share_ratio 0.5
# HELP d_lag_seconds A \\\"test\\\".
# TYPE d_lag_seconds histogram
# UNIT d_lag_seconds seconds
d_lag_seconds_bucket{le=\"0.5\"} 1
d_lag_seconds_bucket{le=\"1.0\"} 1
d_lag_seconds_bucket{le=\"+Inf\"} 3
d_lag_seconds_sum 4.5
d_lag_seconds_count 3
# EOF
";
    assert_eq!(
        exporter(&producer).endpoint().render_open_metrics(),
        expected
    );
}

#[cfg(feature = "protobuf")]
#[test]
fn protobuf_has_the_same_families() {
    let producer = Arc::new(Produced);
    let bytes = exporter(&producer).endpoint().render_protobuf();
    let has = |name: &str| bytes.windows(name.len()).any(|it| it == name.as_bytes());
    for name in [
        "a_time_seconds_total",
        "b_used_bytes",
        "c_share_ratio",
        "d_lag_seconds",
    ] {
        assert!(has(name), "{name}");
    }
    assert!(!has("e_nothing"));
}

#[test]
fn page_ends_with_the_producer() {
    let producer = Arc::new(Produced);
    let exporter = exporter(&producer);
    drop(producer);
    assert_eq!(exporter.endpoint().render(), "");
}
