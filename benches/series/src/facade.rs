//! gusset's registry and metrics-exporter-prometheus, both through the facade `metrics`.

use gusset_metrics::Registry;
use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::{BOUNDS, Record, labels};

const DURATION: &str = "http.server.request.duration";

const METADATA: Metadata<'_> = Metadata::new("bench", Level::INFO, None);

pub(crate) fn gusset_counter() -> Record {
    counter(registry())
}

pub(crate) fn gusset_histogram() -> Record {
    histogram(registry())
}

pub(crate) fn exporter_counter() -> Record {
    counter(PrometheusBuilder::new().build_recorder())
}

pub(crate) fn exporter_histogram() -> Record {
    let builder = PrometheusBuilder::new().set_buckets(&BOUNDS);
    histogram(builder.expect("there are bounds").build_recorder())
}

fn registry() -> Registry {
    Registry::builder()
        .cardinality_limit(20_000)
        .buckets(DURATION, &BOUNDS)
        .build_with(|_| None)
        .expect("the settings are valid")
}

fn counter(recorder: impl Recorder + Send + 'static) -> Record {
    Box::new(move |series| {
        let counter = recorder.register_counter(&key("http.server.requests", series), &METADATA);
        counter.increment(1);
    })
}

fn histogram(recorder: impl Recorder + Send + 'static) -> Record {
    Box::new(move |series| {
        let key = key(DURATION, series);
        recorder.register_histogram(&key, &METADATA).record(0.2);
    })
}

fn key(name: &'static str, series: usize) -> Key {
    let (method, route, status) = labels(series);
    let labels = vec![
        Label::from_static_parts("http.request.method", method),
        Label::from_static_parts("http.response.status_code", status),
        Label::new("http.route", route),
    ];
    Key::from_parts(name, labels)
}
