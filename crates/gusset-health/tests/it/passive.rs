//! Passive checks of real requests.

use gusset_core::{CallTracker, End, Stage};
use gusset_health::{PassiveCheck, SharedDependency, Status};
use gusset_http::{Http, RequestHead, ResponseHead};
use http::{Request, Response};

use crate::support::{SECOND, Time};

/// Records a request with this response status.
fn record(passive: &PassiveCheck, time: &Time, status: u16) {
    let request = Request::new(());
    let mut tracker: CallTracker<Http, _> =
        CallTracker::start(passive, RequestHead::from(&request), time.clock());
    let mut response = Response::new(());
    *response.status_mut() = status.try_into().unwrap();
    tracker.on_response(ResponseHead::from(&response));
    tracker.end(End::Complete(None));
}

fn record_cancelled(passive: &PassiveCheck, time: &Time) {
    let request = Request::new(());
    let mut tracker: CallTracker<Http, _> =
        CallTracker::start(passive, RequestHead::from(&request), time.clock());
    tracker.end(End::Cancelled(Stage::Headers));
}

#[tokio::test(start_paused = true)]
async fn failing_requests_are_down_until_they_expire() {
    let time = Time::new();
    let passive = PassiveCheck::new("stock").clock(time.clock());
    let check = passive.check().unwrap();
    let check = check
        .interval(SECOND)
        .timeout(SECOND / 2)
        .initial_jitter(std::time::Duration::ZERO)
        .min_status_duration(std::time::Duration::ZERO)
        .failure_threshold(1)
        .success_threshold(1)
        .max_interval(SECOND);
    let health = time
        .builder()
        .health_check(SharedDependency(check))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    let status = async || {
        time.pass(SECOND * 12 / 10).await;
        health.check("stock")
    };

    (0..19).for_each(|_| record(&passive, &time, 500));
    assert_eq!(status().await, Some(Status::Up), "too few requests");
    record(&passive, &time, 500);
    assert_eq!(status().await, Some(Status::Down));
    // Cancelled requests are ignored, and client errors are not failures.
    (0..100).for_each(|_| record_cancelled(&passive, &time));
    assert_eq!(status().await, Some(Status::Down));
    (0..30).for_each(|_| record(&passive, &time, 404));
    assert_eq!(status().await, Some(Status::Degraded), "20 of 50");
    (0..200).for_each(|_| record(&passive, &time, 200));
    assert_eq!(status().await, Some(Status::Up), "20 of 250");

    (0..300).for_each(|_| record(&passive, &time, 503));
    assert_eq!(status().await, Some(Status::Down));
    time.pass(26 * SECOND).await;
    assert_eq!(health.check("stock"), Some(Status::Down));
    time.pass(6 * SECOND).await;
    assert_eq!(health.check("stock"), Some(Status::Up), "expired");
}

#[test]
fn error_names_the_setting() {
    let passive = || PassiveCheck::new("stock");
    for (setting, passive) in [
        ("window", passive().window(SECOND / 2)),
        ("min_requests", passive().min_requests(0)),
        ("down_at", passive().down_at(0.0)),
        ("down_at", passive().down_at(f64::NAN)),
        ("down_at", passive().down_at(1.1)),
        ("degraded_at", passive().degraded_at(0.6)),
    ] {
        let error = passive.check().unwrap_err();
        assert_eq!(error.setting(), format!("passive.stock.{setting}"));
    }
}
