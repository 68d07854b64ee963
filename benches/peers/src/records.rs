//! One record of a histogram with eight labels, whose handle is kept.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};

use axum_prometheus::metrics_exporter_prometheus::PrometheusBuilder;
use gusset_benches::{Scenario, Work, WorkFactory};
use gusset_metrics::Registry;
use gusset_opentelemetry::MeterRecorder;
use metrics::{Histogram, Key, Label, Metadata, Recorder};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram as OtelHistogram, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::recorders::otel_0_33::{Reader, provider};

const NAME: &str = "waits_seconds";
const LABELS: [(&str, &str); 8] = [
    ("http.request.method", "GET"),
    ("http.response.status_code", "200"),
    ("http.route", "/items/{id}"),
    ("network.protocol.version", "1.1"),
    ("server.address", "shop.example"),
    ("server.port", "443"),
    ("tenant", "blue"),
    ("url.scheme", "https"),
];
const BARE: &str = "record/bare";
const BOUNDARIES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Returns the scenarios of one record.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: Some(BARE),
        times: 1000,
        make,
    };
    vec![
        Scenario {
            baseline: None,
            ..scenario(BARE, "nothing", || work(|_| ()))
        },
        scenario("record/gusset", "gusset's `Registry`", || {
            let registry = Registry::builder().build_with(|_| None);
            facade(registry.expect("the defaults are valid"))
        }),
        scenario("record/meter", "gusset's `MeterRecorder` (bound)", || {
            facade(MeterRecorder::from_provider(meters()))
        }),
        scenario("record/prometheus", "metrics-exporter-prometheus", || {
            let builder = PrometheusBuilder::new().set_buckets(&BOUNDARIES);
            facade(builder.expect("there are boundaries").build_recorder())
        }),
        scenario("record/otel", "OpenTelemetry's SDK", || {
            let (histogram, attributes) = otel();
            work(move |value| histogram.record(value, &attributes))
        }),
        scenario("record/otel-bound", "OpenTelemetry's SDK (bound)", || {
            let (histogram, attributes) = otel();
            let bound = histogram.bind(&attributes);
            work(move |value| bound.record(value))
        }),
    ]
}

fn work(record: impl Fn(f64) + Send + Sync + 'static) -> WorkFactory {
    let record = Arc::new(record);
    Box::new(move || -> Work {
        let record = Arc::clone(&record);
        Box::new(move || record(black_box(0.2)))
    })
}

fn facade(recorder: impl Recorder) -> WorkFactory {
    let labels = LABELS.iter().map(Label::from).collect::<Vec<_>>();
    let metadata = Metadata::new("bench", metrics::Level::INFO, None);
    let histogram: Histogram =
        recorder.register_histogram(&Key::from_parts(NAME, labels), &metadata);
    work(move |value| histogram.record(value))
}

/// Returns a provider that is never dropped, because that would shut it down.
fn meters() -> &'static SdkMeterProvider {
    static PROVIDER: OnceLock<(SdkMeterProvider, Reader)> = OnceLock::new();
    &PROVIDER.get_or_init(provider).0
}

fn otel() -> (OtelHistogram<f64>, Vec<KeyValue>) {
    let meter = meters().meter("bench");
    let builder = meter.f64_histogram(NAME);
    let histogram = builder.with_boundaries(BOUNDARIES.to_vec()).build();
    let attributes = LABELS.map(|(key, value)| KeyValue::new(key, value));
    (histogram, attributes.to_vec())
}
