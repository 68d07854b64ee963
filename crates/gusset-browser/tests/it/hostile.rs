//! Beacons that change nothing but a counter.

use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use gusset_browser::{BeaconOutcome, BrowserMonitor};
use gusset_testkit::ScriptedBody;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::support::*;

#[tokio::test]
async fn malformed_beacon_is_counted() {
    let monitored = Monitored::new(|it| it);
    let hostile = [
        "",
        "\0\u{1}\u{7f}",
        "{\"page\":\"/\"}",
        "page=%2F&ratio=1&errors=0&age=900.0&load=inf",
        "page=%2F&ratio=1&errors=0&age=900.0&load=700.0&load=1.0",
        "page=%2F&ratio=1&errors=0&age=900.0&user=7",
    ];
    for beacon in hostile {
        assert_eq!(monitored.post(beacon).await, StatusCode::BAD_REQUEST);
    }
    monitored.assert_only_counted(BeaconOutcome::Malformed, hostile.len() as u64);
}

#[tokio::test]
async fn forged_page_makes_no_label() {
    let monitored = Monitored::new(|it| it);
    for page in 0..50 {
        let beacon = BEACON.replace("page=%2F", &format!("page=%2Fforged%2F{page}"));
        assert_eq!(monitored.post(&beacon).await, StatusCode::BAD_REQUEST);
    }
    monitored.assert_only_counted(BeaconOutcome::UnknownPage, 50);
}

#[tokio::test]
async fn beacon_with_a_large_declared_length_is_not_read() {
    let monitored = Monitored::new(|it| it);
    let request = Request::post("/").header("content-length", "2049");
    let request = request.body(ScriptedBody::new().pend_forever()).unwrap();
    let response = monitored.browser.service().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    monitored.assert_only_counted(BeaconOutcome::TooLarge, 1);
}

#[tokio::test]
async fn endless_beacon_is_read_up_to_the_limit() {
    let monitored = Monitored::new(|it| it);
    let part = Bytes::from(vec![b'a'; BrowserMonitor::MAX_BEACON_BYTES / 2]);
    let body = ScriptedBody::new()
        .data(part.clone())
        .data(part)
        .data("a")
        .pend_forever();
    let request = Request::post("/").body(body).unwrap();
    let response = monitored.browser.service().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    monitored.assert_only_counted(BeaconOutcome::TooLarge, 1);
}

#[tokio::test]
async fn beacon_that_breaks_off_is_malformed() {
    let monitored = Monitored::new(|it| it);
    let body = ScriptedBody::new().data(BEACON).error();
    let request = Request::post("/").body(body).unwrap();
    monitored.browser.service().oneshot(request).await.unwrap();
    monitored.assert_only_counted(BeaconOutcome::Malformed, 1);
}

#[test]
fn flood_of_slow_bodies_is_limited() {
    let monitored = Monitored::new(|it| it.max_beacons_per_second(3));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..10 {
        let request = Request::post("/")
            .body(ScriptedBody::new().pend_forever())
            .unwrap();
        let mut call = pin!(monitored.browser.service().oneshot(request));
        let _ = call.as_mut().poll(&mut cx);
    }
    monitored.assert_only_counted(BeaconOutcome::RateLimited, 7);
}

#[tokio::test]
async fn flood_is_limited() {
    let monitored = Monitored::new(|it| it.max_beacons_per_second(10));
    for _ in 0..10 {
        assert_eq!(monitored.post(BEACON).await, StatusCode::NO_CONTENT);
    }
    monitored.take();
    for _ in 0..1000 {
        assert_eq!(monitored.post(BEACON).await, StatusCode::TOO_MANY_REQUESTS);
    }
    monitored.assert_only_counted(BeaconOutcome::RateLimited, 1000);
}

#[tokio::test]
async fn other_website_cannot_report() {
    let monitored = Monitored::new(|it| it);
    for site in ["cross-site", "same-site", "none"] {
        let request = Request::post("/").header("sec-fetch-site", site);
        assert_eq!(monitored.send(request, BEACON).await, StatusCode::FORBIDDEN);
    }
    monitored.assert_only_counted(BeaconOutcome::CrossOrigin, 3);
}

#[tokio::test]
async fn panicking_sink_does_not_reach_the_request() {
    struct Broken;
    impl gusset_data::SpanSink for Broken {
        fn export(&self, _: gusset_data::SpanData) {
            panic!("on purpose")
        }
    }
    let monitored = Monitored::new(|it| it.spans(Broken));
    let trace = "&trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let status = monitored.post(&format!("{BEACON}{trace}")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}
