//! What an OTLP receiver gets matches the catalogue: name, unit, kind, and the types of attributes and
//! numbers.

// The metrics of incident reports are those of Unix.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/served.rs"]
mod served;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, Uri};
use gusset::metrics::names;
use gusset::otlp::OtlpPipeline;
use gusset::prometheus::{PrometheusExporter, Resource};
use gusset_data::{
    InstrumentKind, LogRecord, LogSink as _, MetricDescriptor, Severity, SharedRecorder, SpanData,
    SpanKind, SpanSink as _, SpanStatus,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, number_data_point};
use prost::Message as _;
use served::serve;

const TIMEOUT: Duration = Duration::from_secs(30);
const OVERFLOW: &str = "otel.metric.overflow";
/// The attributes that are not strings, by the semantic conventions.
const INTEGERS: [&str; 2] = ["http.response.status_code", "server.port"];
const BOOLEANS: [&str; 1] = [OVERFLOW];

type Requests = Arc<Mutex<Vec<ExportMetricsServiceRequest>>>;

/// Starts a receiver that refuses the first request of each signal. Returns its URL.
fn receiver(requests: Requests) -> String {
    let refused = Arc::new(Mutex::new(BTreeSet::new()));
    let app = Router::new().fallback(async move |uri: Uri, body: Bytes| {
        if refused.lock().unwrap().insert(uri.path().to_owned()) {
            return StatusCode::BAD_REQUEST;
        }
        if uri.path() == "/v1/metrics" {
            let request = ExportMetricsServiceRequest::decode(body).unwrap();
            requests.lock().unwrap().push(request);
        }
        StatusCode::OK
    });
    serve(app)
}

fn span() -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: "a".into(),
        kind: SpanKind::Server,
        scope: "test".into(),
        start: UNIX_EPOCH,
        end: UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

fn record() -> LogRecord {
    LogRecord {
        time: UNIX_EPOCH,
        severity: Severity::Info,
        scope: "test".into(),
        event_name: None,
        body: "a".into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

/// Returns the tables of crates that need servers or clocks to record their metrics.
fn other_tables() -> Vec<MetricDescriptor> {
    let chaos = gusset::chaos::names::ALL.iter().copied();
    let chaos = chaos.chain(gusset::client::names::ALL.iter().copied());
    let chaos = chaos.chain(gusset::browser::names::ALL.iter().copied());
    let breaker = gusset::breaker::names::ALL.iter().map(|metric| **metric);
    let health = gusset::health::names::ALL.iter().copied();
    let log = gusset::log::names::ALL.iter().copied();
    let admin = gusset::admin::names::ALL.iter().copied();
    let admin = admin.chain(gusset::system::names::ALL.iter().copied());
    let admin = admin.chain(gusset::incident::names::ALL.iter().copied());
    breaker
        .chain(chaos)
        .chain(health)
        .chain(log)
        .chain(admin)
        .collect()
}

/// Records all metrics of all crates and exports them. Returns the last received state of each.
fn export_all() -> BTreeMap<String, Metric> {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    support::record_every_metric(&prometheus);
    let recorder: SharedRecorder = prometheus.recorder();
    for metric in other_tables() {
        support::record_series(&recorder, &metric);
    }
    let requests = Requests::default();
    let url = receiver(Arc::clone(&requests));
    let mut pipeline = OtlpPipeline::builder()
        .endpoint(url)
        .metric_producer(prometheus.recorder())
        .recorder(recorder)
        .build_with(|name| {
            let is_small = name == "OTEL_BSP_MAX_QUEUE_SIZE" || name == "OTEL_BLRP_MAX_QUEUE_SIZE";
            is_small.then(|| "1".to_owned())
        })
        .unwrap();
    // More than the queues take. The metrics about an export are in the next one.
    for _ in 0..3 {
        for _ in 0..100 {
            pipeline.span_sink().export(span());
            pipeline.log_sink().export(record());
        }
        let _ = pipeline.flush(TIMEOUT);
    }
    let report = pipeline.shutdown(TIMEOUT);
    assert!(report.completed_in_time(), "{report}");

    let requests = requests.lock().unwrap();
    let last = requests.last().unwrap();
    let resource = &last.resource_metrics[0];
    assert_eq!(
        resource.schema_url,
        "https://opentelemetry.io/schemas/1.44.0"
    );
    let scope = &resource.scope_metrics[0];
    assert_eq!(scope.schema_url, "https://opentelemetry.io/schemas/1.44.0");
    assert_eq!(
        scope.scope.as_ref().unwrap().version,
        env!("CARGO_PKG_VERSION")
    );
    let metrics = scope.metrics.iter().cloned();
    metrics
        .map(|metric| (metric.name.clone(), metric))
        .collect()
}

#[test]
fn received_metrics_match_the_catalogue() {
    let received = export_all();
    let all = names::ALL.iter().copied();
    let all = all.chain(gusset::otlp::names::ALL.iter().copied());
    for metric in all.chain(other_tables()) {
        let name = metric.name;
        let found = received.get(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(found.unit, metric.unit.as_ucum(), "{name}");
        assert_eq!(found.description, metric.help, "{name}");
        let (kind, attributes) = kind_and_attributes(found);
        assert_eq!(kind, metric.kind, "{name}");
        let known: BTreeSet<_> = metric.labels.iter().chain(&[OVERFLOW]).copied().collect();
        let mut seen = BTreeSet::new();
        for series in attributes {
            let keys: BTreeSet<_> = series.iter().map(|pair| &*pair.key).collect();
            assert_eq!(
                keys.len(),
                series.len(),
                "{name}: repeated key in {series:?}"
            );
            assert!(keys.is_subset(&known), "{name}: {keys:?}");
            series.iter().for_each(|pair| assert_type(name, pair));
            seen.extend(keys);
        }
        let missing: Vec<_> = metric
            .labels
            .iter()
            .filter(|key| !seen.contains(**key))
            .collect();
        assert!(missing.is_empty(), "{name} never had {missing:?}");
    }
}

/// Returns the kind of a metric and the attributes of its series. Asserts the type of its numbers.
fn kind_and_attributes(metric: &Metric) -> (InstrumentKind, Vec<&[KeyValue]>) {
    let name = &metric.name;
    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => {
            let cumulative = AggregationTemporality::Cumulative as i32;
            assert_eq!(sum.aggregation_temporality, cumulative, "{name}");
            for point in &sum.data_points {
                let value = point.value.unwrap();
                let is_integer = matches!(value, number_data_point::Value::AsInt(_));
                // A sum of time has fractions.
                assert_eq!(is_integer, metric.unit != "s", "{name}: {value:?}");
            }
            let kind = match sum.is_monotonic {
                true => InstrumentKind::Counter,
                false => InstrumentKind::UpDownCounter,
            };
            let points = sum.data_points.iter();
            (kind, points.map(|point| &*point.attributes).collect())
        }
        Data::Gauge(gauge) => {
            let points = gauge.data_points.iter();
            let attributes = points.map(|point| &*point.attributes);
            (InstrumentKind::Gauge, attributes.collect())
        }
        Data::Histogram(histogram) => {
            let points = histogram.data_points.iter();
            let attributes = points.map(|point| &*point.attributes);
            (InstrumentKind::Histogram, attributes.collect())
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn assert_type(metric: &str, attribute: &KeyValue) {
    let key = &*attribute.key;
    let value = attribute.value.as_ref().and_then(|it| it.value.as_ref());
    let expected = match value.unwrap() {
        any_value::Value::IntValue(_) => INTEGERS.contains(&key),
        any_value::Value::BoolValue(_) => BOOLEANS.contains(&key),
        any_value::Value::StringValue(_) => !INTEGERS.contains(&key) && !BOOLEANS.contains(&key),
        _ => false,
    };
    assert!(expected, "{metric}: {attribute:?}");
}
