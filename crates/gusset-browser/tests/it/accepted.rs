//! Beacons that are recorded.

use gusset_browser::BeaconOutcome;
use http::{Request, StatusCode};

use crate::support::*;

#[tokio::test]
async fn page_view_is_recorded_by_page_and_phase() {
    let monitored = Monitored::new(|it| it);
    let beacon = "page=%2Forders%2F%7Bid%7D&ratio=1&errors=2&age=9000.0&dns=12.5&tcp=20.0&tls=30.0&first_byte=150.0\
                  &download=25.0&dom=400.0&load=500.0&lcp=450.0&cls=0.1250&inp=48.0";
    assert_eq!(monitored.post(beacon).await, StatusCode::NO_CONTENT);
    assert_eq!(
        monitored.take(),
        [
            "beacons accepted = 1",
            "cumulative_layout_shift /orders/{id} = [0.125]",
            "interaction_to_next_paint /orders/{id} = [0.048]",
            "largest_contentful_paint /orders/{id} = [0.45]",
            "phase.duration /orders/{id} dns = [0.0125]",
            "phase.duration /orders/{id} dom = [0.4]",
            "phase.duration /orders/{id} download = [0.025]",
            "phase.duration /orders/{id} first_byte = [0.15]",
            "phase.duration /orders/{id} load = [0.5]",
            "phase.duration /orders/{id} tcp = [0.02]",
            "phase.duration /orders/{id} tls = [0.03]",
            "script_errors /orders/{id} = 2",
        ]
    );
}

#[tokio::test]
async fn unknown_time_is_not_zero() {
    let monitored = Monitored::new(|it| it);
    monitored
        .post("page=%2F&ratio=1&errors=0&age=10.0&first_byte=5.0")
        .await;
    assert_eq!(
        monitored.take(),
        [
            "beacons accepted = 1",
            "phase.duration / first_byte = [0.005]"
        ]
    );
}

#[tokio::test]
async fn user_who_opted_out_is_not_recorded() {
    let monitored = Monitored::new(|it| it);
    for header in ["dnt", "sec-gpc"] {
        let request = Request::post("/browser.js").header(header, "1");
        assert_eq!(
            monitored.send(request, BEACON).await,
            StatusCode::NO_CONTENT
        );
    }
    monitored.assert_only_counted(BeaconOutcome::OptedOut, 2);
    let request = Request::post("/browser.js").header("dnt", "0");
    monitored.send(request, BEACON).await;
    assert!(
        monitored
            .take()
            .contains(&"beacons accepted = 1".to_owned())
    );
}

#[tokio::test]
async fn script_with_an_older_ratio_is_thinned_out() {
    let monitored = Monitored::new(|it| it.sampling_ratio(0.0));
    monitored.post(BEACON).await;
    monitored.assert_only_counted(BeaconOutcome::SampledOut, 1);

    let monitored = Monitored::new(|it| it.sampling_ratio(0.5).max_beacons_per_second(2000));
    for _ in 0..1000 {
        monitored
            .post(&BEACON.replace("ratio=1", "ratio=0.5"))
            .await;
    }
    assert!(
        monitored
            .take()
            .contains(&"beacons accepted = 1000".to_owned())
    );
    for _ in 0..1000 {
        monitored.post(BEACON).await;
    }
    let accepted = monitored.take();
    let accepted = accepted
        .iter()
        .find_map(|it| it.strip_prefix("beacons accepted = "));
    let accepted: u32 = accepted.unwrap().parse().unwrap();
    // Twelve standard deviations.
    assert!((310..690).contains(&accepted), "{accepted}");
}
