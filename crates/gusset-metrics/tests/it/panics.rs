//! Functions of the user that panic, and recorders that make calls themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_metrics::{HttpMetrics, Label, LabelValue};
use gusset_testkit::ScriptedBody;
use http::Response;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

fn panicking_route(_: gusset_http::RequestHead<'_>) -> Option<&str> {
    panic!("on purpose")
}

#[test]
fn call_is_recorded_if_the_route_function_panics() {
    let recorder = TestRecorder::new();
    let metrics = recorder.server().route(panicking_route).build().unwrap();
    let layer = layer(metrics.clone());
    for _ in 0..3 {
        exchange(&layer, get("/a"), hello());
    }
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.count(DURATION), 3);
    // The route of the router is used instead.
    assert!(snapshot.one(DURATION).has("http.route=/a"));
    assert_eq!(snapshot.sum("http.server.active_requests"), 0.0);
    assert_eq!(gusset_http::route_panics(), 3);
}

/// A label value that panics.
#[derive(Clone, Copy)]
struct Plan;

impl LabelValue for Plan {
    const KEY: &'static str = "app.plan";
    const VALUES: &'static [&'static str] = &["free"];
    fn index(&self) -> usize {
        panic!("on purpose")
    }
}

#[test]
fn call_is_recorded_if_a_label_function_panics() {
    let recorder = TestRecorder::new();
    let tenant = Label::from_request("app.tenant", ["blue"], |_| panic!("on purpose"));
    let region = Label::from_request("app.region", ["eu"], |_| Some("eu"));
    let builder = recorder.server().label(tenant).label(region);
    let metrics = builder.label(Label::from_extension::<Plan>()).build();
    let metrics = metrics.unwrap();
    let mut res: Response<ScriptedBody> = hello();
    res.extensions_mut().insert(Plan);
    exchange(&layer(metrics.clone()), get("/a"), res);
    let snapshot = recorder.snapshot();
    let series = snapshot.one(DURATION);
    assert!(series.has("app.region=eu"), "{series:?}");
    assert!(!series.labels.iter().any(|it| it.starts_with("app.tenant")));
    assert!(!series.labels.iter().any(|it| it.starts_with("app.plan")));
    assert_eq!(metrics.panics(), 2);
}

type CallOnce = Box<dyn Fn() + Send + Sync>;

/// A recorder that makes an observed call while it registers a metric, as one that exports over HTTP may.
#[derive(Default)]
struct CallingRecorder {
    call: OnceLock<CallOnce>,
    calling: AtomicBool,
}

impl CallingRecorder {
    fn make_call(&self) {
        if let Some(call) = self.call.get() {
            if !self.calling.swap(true, Ordering::Relaxed) {
                call();
                self.calling.store(false, Ordering::Relaxed);
            }
        }
    }
}

impl metrics::Recorder for CallingRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.make_call();
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        self.make_call();
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        self.make_call();
        Histogram::noop()
    }
}

#[test]
fn recorder_may_make_observed_calls() {
    let recorder = Arc::new(CallingRecorder::default());
    let metrics = HttpMetrics::server(recorder.clone()).cardinality_limit(1);
    let layer = ObserveLayer::<Http, _>::new(metrics.build().unwrap());
    let inner = layer.clone();
    let call = move || exchange(&inner, get("/a"), with_status(200));
    assert!(recorder.call.set(Box::new(call)).is_ok());
    for route in ["/a", "/b"] {
        exchange(&layer, get(route), hello());
    }
}
