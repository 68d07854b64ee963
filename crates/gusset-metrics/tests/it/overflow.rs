//! The number of series is limited, and calls over the limit are still counted.

use gusset_http::Route;
use gusset_metrics::HttpMetrics;
use http::Request;
use proptest::prelude::*;

use crate::support::*;

const DURATION: &str = "http.server.request.duration";

fn get_route(route: &str) -> Request<()> {
    let mut req = Request::new(());
    req.extensions_mut().insert(Route::from_arc(route));
    req
}

#[test]
fn calls_over_the_limit_share_one_series() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().cardinality_limit(3).build().unwrap());
    for round in 0..2 {
        for route in 0..10 {
            exchange(&layer, get_route(&format!("/{route}")), hello());
        }
        let snapshot = recorder.snapshot();
        assert_eq!(
            snapshot.all(DURATION).len(),
            4,
            "three series and the overflow series"
        );
        assert_eq!(snapshot.count(DURATION), 10);
        let overflow = snapshot.all(DURATION);
        let overflow = overflow
            .iter()
            .find(|series| series.has("otel.metric.overflow=true"))
            .unwrap();
        assert_eq!(overflow.values.len(), 7);
        assert_eq!(overflow.labels.len(), 1);
        assert_eq!(
            snapshot.one("gusset.metrics.overflow_calls").values,
            [7.0 * f64::from(round + 1)]
        );
    }
    assert_eq!(recorder.snapshot().sum("http.server.active_requests"), 0.0);
}

#[test]
fn cancelled_call_overflows_once() {
    let recorder = TestRecorder::new();
    let layer = layer(recorder.server().cardinality_limit(1).build().unwrap());
    exchange(&layer, get_route("/a"), hello());
    let mut service = tower_layer::Layer::layer(&layer, FnService(|_: Request<()>| hello()));
    drop(ready(tower_service::Service::call(
        &mut service,
        get_route("/b"),
    )));
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.one("gusset.metrics.overflow_calls").values, [1.0]);
    let outcomes = snapshot.all("gusset.http.server.outcomes");
    assert!(
        outcomes
            .iter()
            .any(|series| series.labels == ["otel.metric.overflow=true"]),
        "{outcomes:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn series_stay_within_the_limit(
        calls in prop::collection::vec((".{0,300}", "[A-Z]{1,8}", 100u16..600), 1..60),
    ) {
        let recorder = TestRecorder::new();
        let metrics: HttpMetrics = recorder.server().cardinality_limit(8).build().unwrap();
        let layer = layer(metrics);
        for (route, method, status) in &calls {
            let mut req = get_route(route);
            *req.method_mut() = method.parse().unwrap();
            exchange(&layer, req, with_status(*status));
        }
        let snapshot = recorder.snapshot();
        prop_assert!(snapshot.all(DURATION).len() <= 9);
        prop_assert_eq!(snapshot.count(DURATION), calls.len());
        prop_assert_eq!(snapshot.sum("http.server.active_requests"), 0.0);
    }
}
