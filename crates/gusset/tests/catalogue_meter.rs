//! What a meter of OpenTelemetry gets matches the catalogue: name, unit, description, kind, boundaries, and the
//! types of attributes and numbers.

// The metrics of incident reports are those of Unix.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gusset::metrics::names;
use gusset::opentelemetry::MeterRecorder;
use gusset_data::{InstrumentKind, MetricDescriptor, SharedRecorder, default_boundaries};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, GaugeDataPoint, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
    ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

const OVERFLOW: &str = "otel.metric.overflow";
/// The attributes that are not strings, by the semantic conventions.
const INTEGERS: [&str; 2] = ["http.response.status_code", "server.port"];

/// Returns the tables of crates that need servers or clocks to record their metrics, and the metric of a
/// registry.
fn other_tables() -> Vec<MetricDescriptor> {
    let chaos = gusset::chaos::names::ALL.iter().copied();
    let chaos = chaos.chain(gusset::client::names::ALL.iter().copied());
    let chaos = chaos.chain(gusset::browser::names::ALL.iter().copied());
    let breaker = gusset::breaker::names::ALL.iter().map(|metric| **metric);
    let health = gusset::health::names::ALL.iter().copied();
    let history = gusset::history::names::ALL.iter().copied();
    let diagnosis = gusset::diagnose::names::ALL.iter().copied();
    let slo = gusset::slo::names::ALL.iter().copied();
    let log = gusset::log::names::ALL.iter().copied();
    let admin = gusset::admin::names::ALL.iter().copied();
    let admin = admin.chain(gusset::messaging::names::ALL.iter().copied());
    let admin = admin.chain(names::POOLS.iter().copied());
    let admin = admin.chain(names::RPC_MESSAGES.iter().copied());
    let admin = admin.chain(gusset::jobs::names::ALL.iter().copied());
    let admin = admin.chain(gusset::usage::names::ALL.iter().copied());
    let admin = admin.chain(gusset::system::names::ALL.iter().copied());
    let admin = admin.chain(gusset::incident::names::ALL.iter().copied());
    let otlp = gusset::otlp::names::ALL.iter().copied();
    let others = breaker
        .chain(chaos)
        .chain(health)
        .chain(history)
        .chain(diagnosis)
        .chain(slo)
        .chain(log)
        .chain(admin)
        .chain(otlp);
    others.chain([names::OVERFLOW_RECORDS]).collect()
}

fn export_all() -> Vec<ResourceMetrics> {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    let recorder: SharedRecorder = Arc::new(MeterRecorder::from_provider(&provider));
    support::record_calls(&recorder);
    for metric in other_tables() {
        support::record_series(&recorder, &metric);
    }
    provider.force_flush().unwrap();
    exporter.get_finished_metrics().unwrap()
}

#[test]
fn exported_metrics_match_the_catalogue() {
    let exported = export_all();
    let scopes = exported.iter().flat_map(ResourceMetrics::scope_metrics);
    let mut found: BTreeMap<&str, &Metric> = BTreeMap::new();
    for metric in scopes.flat_map(ScopeMetrics::metrics) {
        let twice = found.insert(metric.name(), metric);
        assert!(twice.is_none(), "{metric:?}");
    }
    let mut all: Vec<MetricDescriptor> = names::ALL.to_vec();
    all.extend(other_tables());
    for described in &all {
        let name = described.name;
        let metric = found.remove(name).unwrap_or_else(|| panic!("no {name}"));
        found.insert(name, metric);
        assert_eq!(metric.unit(), described.unit.as_ucum(), "{name}");
        assert_eq!(metric.description(), described.help, "{name}");
        let (kind, bounds, series) = read(metric);
        assert_eq!(kind, described.kind, "{name}");
        if kind == InstrumentKind::Histogram {
            let defaults = || default_boundaries(name, Some(described.unit.into()));
            assert_eq!(
                bounds,
                described.boundaries.unwrap_or_else(defaults),
                "{name}"
            );
        }
        let known: BTreeSet<_> = described
            .labels
            .iter()
            .chain(&[OVERFLOW])
            .copied()
            .collect();
        let keys: BTreeSet<_> = series.iter().map(|pair| pair.key.as_str()).collect();
        assert!(keys.is_subset(&known), "{name}: {keys:?}");
        let missing: Vec<_> = described
            .labels
            .iter()
            .filter(|key| !keys.contains(**key))
            .collect();
        assert!(missing.is_empty(), "{name} never had {missing:?}");
        // Other tables have the text `x` for every label.
        if names::ALL.iter().any(|metric| metric.name == name) {
            series.iter().for_each(|pair| assert_type(name, pair));
        }
    }
    let described: BTreeSet<_> = all.iter().map(|metric| metric.name).collect();
    let unknown: Vec<_> = found
        .keys()
        .filter(|name| !described.contains(**name))
        .collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}

/// Returns the kind, the boundaries and the attributes of all series. Sums are integers.
fn read(metric: &Metric) -> (InstrumentKind, Vec<f64>, Vec<&KeyValue>) {
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) if sum.is_monotonic() => {
            let points = sum.data_points().flat_map(SumDataPoint::attributes);
            (InstrumentKind::Counter, Vec::new(), points.collect())
        }
        AggregatedMetrics::I64(MetricData::Sum(sum)) if !sum.is_monotonic() => {
            let points = sum.data_points().flat_map(SumDataPoint::attributes);
            (InstrumentKind::UpDownCounter, Vec::new(), points.collect())
        }
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
            let points = gauge.data_points().flat_map(GaugeDataPoint::attributes);
            (InstrumentKind::Gauge, Vec::new(), points.collect())
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            let first = histogram.data_points().next().unwrap();
            let bounds = first.bounds().collect();
            let points = histogram
                .data_points()
                .flat_map(HistogramDataPoint::attributes);
            (InstrumentKind::Histogram, bounds, points.collect())
        }
        other => panic!("{}: {other:?}", metric.name()),
    }
}

fn assert_type(metric: &str, attribute: &KeyValue) {
    let key = attribute.key.as_str();
    let expected = match attribute.value {
        Value::I64(_) => INTEGERS.contains(&key),
        Value::Bool(_) => key == OVERFLOW,
        Value::String(_) => !INTEGERS.contains(&key) && key != OVERFLOW,
        _ => false,
    };
    assert!(expected, "{metric}: {attribute:?}");
}
