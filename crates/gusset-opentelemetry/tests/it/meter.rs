//! Metrics of gusset and of a service in a meter of OpenTelemetry.

use std::convert::Infallible;
use std::sync::Arc;

use gusset_core::{ObserveLayer, SpanIds};
use gusset_data::{InstrumentKind, MetricDescriptor, SharedRecorder, Unit};
use gusset_http::Http;
use gusset_metrics::{GlobalRecorder, HttpMetrics};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use metrics::{counter, describe_histogram, gauge, histogram, with_local_recorder};
use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, Stream, Temporality};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::meter_support::*;

const ACTIVE: &str = "http.server.active_requests";
const DURATION: &str = "http.server.request.duration";

/// Serves one call, and returns the number of active calls during it.
async fn call(sdk: &Sdk, metrics: &HttpMetrics) -> f64 {
    let active = Arc::new(std::sync::Mutex::new(None));
    let service = ObserveLayer::<Http, _>::new(metrics.clone());
    let service = service.layer(service_fn(async |_: Request<()>| {
        *active.lock().unwrap() = Some(sdk.value(ACTIVE));
        Ok::<_, Infallible>(Response::new(ScriptedBody::new().data("hello")))
    }));
    let Ok(response) = service.oneshot(Request::new(())).await;
    drop(response);
    active.lock().unwrap().take().unwrap()
}

fn http(recorder: impl metrics::Recorder + Send + Sync + 'static) -> HttpMetrics {
    HttpMetrics::server(Arc::new(recorder)).build().unwrap()
}

#[tokio::test]
async fn active_calls_return_to_zero() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let sdk = Sdk::with(temporality, |builder| builder);
        let metrics = http(sdk.recorder());
        for _ in 0..3 {
            assert_eq!(call(&sdk, &metrics).await, 1.0);
            let active = sdk.export()[ACTIVE].clone();
            assert_eq!(active.points[0].value, 0.0, "{active:?}");
            assert_eq!(
                (&*active.kind, &*active.unit),
                ("i64 up-down counter", "{request}")
            );
        }
    }
}

#[tokio::test]
async fn calls_have_typed_attributes_and_boundaries_of_the_catalogue() {
    let sdk = Sdk::new();
    call(&sdk, &http(sdk.recorder())).await;
    let duration = sdk.export()[DURATION].clone();
    assert_eq!(duration.kind, "f64 histogram");
    assert_eq!(duration.unit, "s");
    assert_eq!(duration.bounds[..3], [0.005, 0.01, 0.025]);
    let status = KeyValue::new("http.response.status_code", 200);
    let attributes = &duration.points[0].attributes;
    assert!(attributes.contains(&status), "{attributes:?}");
}

#[tokio::test]
async fn global_recorder_passes_kinds_on() {
    let sdk = Sdk::new();
    let metrics = http(GlobalRecorder::new());
    let recorder = sdk.recorder();
    let runtime = tokio::runtime::Handle::current();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            with_local_recorder(&recorder, || {
                assert_eq!(runtime.block_on(call(&sdk, &metrics)), 1.0);
            });
        });
    });
    let active = sdk.export()[ACTIVE].clone();
    assert_eq!(active.kind, "i64 up-down counter");
    assert_eq!(active.points[0].value, 0.0);
}

#[test]
fn scope_is_gusset_with_the_schema() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || counter!("jobs").increment(1));
    assert_eq!(sdk.value("jobs"), 1.0);
    assert_eq!(
        sdk.scope(),
        (
            "gusset".to_owned(),
            "https://opentelemetry.io/schemas/1.44.0".to_owned()
        )
    );
}

#[test]
fn first_operation_determines_the_kind_of_other_gauges() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        gauge!("running").increment(2.5);
        gauge!("running").set(7.0);
        gauge!("running").decrement(1.0);
        gauge!("temperature").set(20.5);
        gauge!("temperature").increment(1.0);
    });
    let all = sdk.export();
    assert_eq!(all["running"].kind, "f64 up-down counter");
    assert_eq!(all["running"].points[0].value, 6.0);
    assert_eq!(all["temperature"].kind, "f64 gauge");
    assert_eq!(all["temperature"].points[0].value, 21.5);
}

#[test]
fn descriptor_determines_the_kind() {
    const CAPACITY: MetricDescriptor = MetricDescriptor::new(
        "shop.capacity",
        InstrumentKind::UpDownCounter,
        Unit::Bytes,
        "Capacity.",
    );
    const LOAD: MetricDescriptor =
        MetricDescriptor::new("shop.load", InstrumentKind::Gauge, Unit::One, "Load.");
    let sdk = Sdk::new();
    let recorder: SharedRecorder = Arc::new(sdk.recorder());
    CAPACITY.describe(&recorder);
    LOAD.describe(&recorder);
    let capacity = CAPACITY.gauge(&recorder, Vec::new());
    capacity.set(9.6);
    capacity.set(4.2);
    LOAD.gauge(&recorder, Vec::new()).increment(0.5);
    let all = sdk.export();
    let [capacity, load] = [&all["shop.capacity"], &all["shop.load"]];
    assert_eq!(
        (&*capacity.kind, &*capacity.unit),
        ("i64 up-down counter", "By")
    );
    assert_eq!(capacity.points[0].value, 4.0);
    assert_eq!((&*load.kind, &*load.unit), ("f64 gauge", "1"));
    assert_eq!(load.points[0].value, 0.5);
}

#[test]
fn counter_can_be_set_absolutely() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        counter!("jobs").increment(3);
        counter!("jobs").absolute(10);
        counter!("jobs").absolute(7);
        counter!("jobs").increment(1);
    });
    let (name, jobs) = sdk.only();
    assert_eq!((&*name, &*jobs.kind), ("jobs", "u64 counter"));
    assert_eq!(jobs.points[0].value, 11.0);
}

#[test]
fn two_recorders_are_independent() {
    let (one, two) = (Sdk::new(), Sdk::new());
    with_local_recorder(&one.recorder(), || gauge!("running").increment(1.0));
    with_local_recorder(&two.recorder(), || gauge!("running").set(5.0));
    assert_eq!(one.only().1.kind, "f64 up-down counter");
    assert_eq!(two.only().1.kind, "f64 gauge");
    // Two of one provider record into the same series.
    let (a, b) = (one.recorder(), one.recorder());
    with_local_recorder(&a, || counter!("jobs").increment(1));
    with_local_recorder(&b, || counter!("jobs").increment(1));
    assert_eq!(one.value("jobs"), 2.0);
}

#[test]
fn closed_provider_is_ignored() {
    let sdk = Sdk::new();
    let recorder = sdk.recorder();
    let record = || {
        counter!("jobs").increment(1);
        gauge!("running").set(1.0);
        histogram!("seconds").record(0.1);
    };
    with_local_recorder(&recorder, record);
    sdk.provider.shutdown().unwrap();
    with_local_recorder(&recorder, || {
        record();
        counter!("later").increment(1);
        gauge!("later").increment(1.0);
        histogram!("later").record(0.1);
    });
    drop(sdk);
    with_local_recorder(&recorder, record);
}

#[test]
fn views_of_the_provider_apply() {
    let sdk = Sdk::with(Temporality::Cumulative, |builder| {
        builder.with_view(|instrument: &Instrument| {
            let stream = match instrument.name() {
                "seconds" => Stream::builder()
                    .with_name("waits")
                    .with_allowed_attribute_keys([opentelemetry::Key::from("a")])
                    .with_aggregation(Aggregation::ExplicitBucketHistogram {
                        boundaries: vec![1.0, 2.0],
                        record_min_max: false,
                    }),
                "dropped" => Stream::builder().with_aggregation(Aggregation::Drop),
                _ => return None,
            };
            Some(stream.build().unwrap())
        })
    });
    with_local_recorder(&sdk.recorder(), || {
        histogram!("seconds", "a" => "1", "b" => "2").record(0.1);
        histogram!("seconds", "a" => "1", "b" => "3").record(0.1);
        counter!("dropped").increment(1);
    });
    let (name, waits) = sdk.only();
    assert_eq!(name, "waits");
    assert_eq!(waits.bounds, [1.0, 2.0]);
    assert_eq!(waits.value(&[KeyValue::new("a", "1")]), 2.0);
}

#[test]
fn view_may_record_metrics() {
    let recorder = Arc::new(std::sync::OnceLock::<MeterRecorder>::new());
    let used = Arc::clone(&recorder);
    let sdk = Sdk::with(Temporality::Cumulative, move |builder| {
        builder.with_view(move |instrument: &Instrument| {
            if let (Some(recorder), "jobs") = (used.get(), instrument.name()) {
                with_local_recorder(recorder, || counter!("views").increment(1));
            }
            None
        })
    });
    let recorder = recorder.get_or_init(|| sdk.recorder());
    with_local_recorder(recorder, || counter!("jobs").increment(1));
    assert_eq!(sdk.value("jobs"), 1.0);
    assert!(sdk.value("views") >= 1.0);
}

/// A later SDK that has exemplars fails this test: then the documentation of `MeterRecorder` changes.
#[test]
fn sdk_has_no_exemplars() {
    let sdk = Sdk::new();
    let ids = SpanIds::new([1; 16], [2; 8], true);
    with_local_recorder(&sdk.recorder(), || {
        ids.scope(|| {
            let _guard = gusset_opentelemetry::context().attach();
            describe_histogram!("seconds", metrics::Unit::Seconds, "Waits.");
            histogram!("seconds").record(0.1);
        });
    });
    assert_eq!(sdk.only().1.exemplars, 0);
}
