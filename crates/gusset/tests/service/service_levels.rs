//! The states of objectives and normal ranges: what they stop, and what they leave alone.

use gusset::chaos::{Arming, Fault, Rule, RuleSet, StopReason};
use gusset::data::{MetricProducer as _, SteadyState as _};
use gusset::history::History;
use gusset::slo::{NormalRange, ServiceLevels};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use super::*;

const STEP: Duration = Duration::from_secs(10);

fn levels() -> ServiceLevels {
    let range = NormalRange::new("active", "http.server.active_requests").high(200.0);
    ServiceLevels::builder("shop")
        .range(range.hold(1, 1).clear(1))
        .build()
        .unwrap()
}

/// A service with faults, and a history that the test alone records.
struct Service {
    gusset: Gusset,
    history: History,
}

fn set_up_levels() -> Service {
    let rules = RuleSet::new([Rule::new("down").fault(Fault::Status { status: 503 })]).unwrap();
    let builder = set_up().0.service_levels(levels());
    let builder = builder
        .chaos(|chaos| chaos.rules(rules).environment("test"))
        .without_history()
        .without_management();
    Service {
        gusset: builder.build_with(no_variable).unwrap(),
        history: History::builder().build().unwrap(),
    }
}

impl Service {
    /// Sets the number of active requests, reads the metrics and evaluates the range, `steps` readings from now.
    fn read(&self, active: f64, steps: u32) {
        let recorder = self.gusset.telemetry().prometheus().recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::gauge!("http.server.active_requests").set(active);
        });
        let now = gusset::Clock::system().now() + STEP * steps;
        self.history.record(now, recorder.metrics());
        self.gusset.monitor().unwrap().evaluate(&self.history, now);
    }
}

async fn status(gusset: &Gusset) -> StatusCode {
    let router = Router::new().route("/orders", get(async || "an order"));
    let router = router.layer(gusset.chaos().http_server());
    let request = Request::get("/orders").body(axum::body::Body::empty());
    router.oneshot(request.unwrap()).await.unwrap().status()
}

#[tokio::test(start_paused = true)]
async fn range_that_is_left_stops_injected_faults() {
    let service = set_up_levels();
    let gusset = &service.gusset;
    let arming = || Arming::for_at_most(STEP * 6);
    service.read(10.0, 1);
    gusset.chaos().arm(arming()).unwrap();
    assert_eq!(status(gusset).await, 503);

    service.read(500.0, 2);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(status(gusset).await, 200, "they stop by themselves");
    let stopped = gusset.chaos().status().stopped;
    let expected = "steady state: range active: violated, 500.0000 (normal: at most 200)";
    assert_eq!(
        stopped.map(|reason| reason.to_string()),
        Some(expected.to_owned())
    );
    let refused = gusset.chaos().arm(arming()).unwrap_err().to_string();
    assert!(refused.contains("range active: violated"), "{refused}");

    // Regained after one evaluation inside, and the one that notices it.
    service.read(10.0, 4);
    service.read(10.0, 5);
    gusset.chaos().arm(arming()).unwrap();
    gusset.chaos().disarm();
    assert_eq!(gusset.chaos().status().stopped, Some(StopReason::Disarmed));
}

#[tokio::test]
async fn range_that_is_left_never_changes_readiness() {
    let service = set_up_levels();
    let gusset = &service.gusset;
    gusset.health().lifecycle().mark_started();
    service.read(10.0, 1);
    let before = (gusset.health().is_ready(), gusset.health().status());
    service.read(500.0, 2);
    assert!(gusset.monitor().unwrap().violation().is_some());
    assert_eq!(
        (gusset.health().is_ready(), gusset.health().status()),
        before
    );
}
