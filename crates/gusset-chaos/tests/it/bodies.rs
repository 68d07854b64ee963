//! Faults of response bodies.

use std::time::Duration;

use gusset_chaos::{BodyFault, Chaos, Fault, OnDisarm, Rule};
use http_body::Body as _;
use tokio::time::Instant;
use tower_layer::Layer as _;

use crate::support::*;

fn with(body: BodyFault) -> Chaos {
    armed([Rule::new("body").body(body)])
}

#[tokio::test]
async fn truncated_body_fails_after_exactly_its_bytes() {
    for bytes in [0, 3, 7, 9, 11] {
        let chaos = with(BodyFault::Truncate { bytes });
        let mut service = chaos.http_server().layer(Hello::default());
        let response = call(&mut service, get("/a")).await.unwrap();
        assert_eq!(
            response.headers()["content-length"],
            "12",
            "the client can detect it"
        );
        assert!(!response.body().is_end_stream());
        let body = read(response.into_body()).await;
        assert_eq!(body.text, "hello, world"[..usize::try_from(bytes).unwrap()]);
        assert_eq!(
            body.error.as_deref(),
            Some("injected end of the body, by the rule `body`")
        );
        assert_eq!(chaos.status().active, 0);
    }
}

#[tokio::test]
async fn body_that_is_not_longer_is_not_truncated() {
    for bytes in [12, 13] {
        let chaos = with(BodyFault::Truncate { bytes });
        let mut service = chaos.http_server().layer(Hello::default());
        let response = call(&mut service, get("/a")).await.unwrap();
        let body = read(response.into_body()).await;
        assert_eq!((body.text.as_str(), body.error), ("hello, world", None));
        assert!(body.has_trailers);
    }
}

#[tokio::test(start_paused = true)]
async fn stalled_body_stops_until_it_is_disarmed() {
    let chaos = with(BodyFault::Stall { bytes: 5 });
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    let mut reading = Box::pin(read(response.into_body()));
    let waited = tokio::time::timeout(TIME_LIMIT / 2, reading.as_mut()).await;
    assert!(waited.is_err());
    assert_eq!(chaos.status().active, 1);
    chaos.disarm();
    let body = reading.await;
    assert_eq!((body.text.as_str(), body.error), ("hello, world", None));
    assert_eq!(chaos.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn throttled_body_has_its_rate() {
    let chaos = with(BodyFault::RateLimit {
        bytes_per_second: 4,
    });
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    let started = Instant::now();
    let body = read(response.into_body()).await;
    assert_eq!(body.text, "hello, world");
    assert!(body.has_trailers);
    // The first byte is not late, and the end needs no byte.
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(2750) && took <= Duration::from_secs(3),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn throttled_body_can_be_finished_after_disarming() {
    let body = BodyFault::RateLimit {
        bytes_per_second: 4,
    };
    let chaos = armed([Rule::new("body").body(body).on_disarm(OnDisarm::Finish)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    chaos.disarm();
    let started = Instant::now();
    assert_eq!(read(response.into_body()).await.text, "hello, world");
    assert!(started.elapsed() >= Duration::from_millis(2750));
}

#[tokio::test]
async fn lost_trailers_leave_the_bytes() {
    let chaos = with(BodyFault::LoseTrailers);
    let mut service = chaos.grpc_server().layer(Hello::default());
    let response = call(&mut service, get("/shop.Stock/Reserve"))
        .await
        .unwrap();
    let body = read(response.into_body()).await;
    assert_eq!(
        (body.text.as_str(), body.has_trailers, body.error),
        ("hello, world", false, None)
    );
}

#[tokio::test]
async fn dropped_body_is_not_active_any_more() {
    let chaos = with(BodyFault::Stall { bytes: 5 });
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(chaos.status().active, 1);
    drop(response);
    assert_eq!(chaos.status().active, 0);
}

#[tokio::test]
async fn response_of_a_fault_has_no_fault_of_its_body() {
    let rule = Rule::new("both").fault(Fault::Status { status: 500 });
    let chaos = armed([rule.body(BodyFault::Truncate { bytes: 0 })]);
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    assert_eq!(response.headers()["x-gusset-chaos"], "status");
    assert_eq!(read(response.into_body()).await.error, None);
}
