//! Limits, and what is over them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gusset_chaos::{ArmError, Chaos, Delay, Fault, Injected, Limits, Rule, StopReason};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

fn limited(rule: Rule, limits: Limits, recorded: &Recorded) -> Chaos {
    let builder = builder([rule]).limits(limits);
    let chaos = builder.metrics(recorded.recorder.clone());
    let chaos = chaos.build_with(|_| None).unwrap();
    chaos.arm(arming()).unwrap();
    chaos
}

async fn is_hit(chaos: &Chaos) -> bool {
    let mut service = chaos.http_server().layer(Hello::default());
    let response = call(&mut service, get("/a")).await.unwrap();
    response.extensions().get::<Injected>().is_some()
}

fn down() -> Rule {
    Rule::new("down").fault(Fault::Status { status: 503 })
}

#[tokio::test(start_paused = true)]
async fn rate_is_a_limit_of_calls_per_second() {
    let recorded = Recorded::new();
    let limits = Limits::new().max_per_second(NonZeroU32::new(2).unwrap());
    let chaos = limited(down(), limits, &recorded);
    for second in 0..3 {
        let mut hits = 0;
        for _ in 0..10 {
            hits += u32::from(is_hit(&chaos).await);
        }
        assert_eq!(hits, 2, "second {second}");
        tokio::time::advance(SECOND).await;
    }
    assert_eq!(recorded.read("gusset.chaos.skipped_calls", &["rate"]), 24.0);
}

#[tokio::test(start_paused = true)]
async fn budget_disarms_with_its_last_fault() {
    let recorded = Recorded::new();
    let rule = Rule::new("slow").delay(Delay::fixed(SECOND));
    let chaos = limited(rule, Limits::new().budget(2), &recorded);
    assert!(is_hit(&chaos).await && chaos.status().armed);
    // The last one is finished, and not cut short by the end of the arming.
    let started = tokio::time::Instant::now();
    assert!(is_hit(&chaos).await);
    assert_eq!(started.elapsed(), SECOND);
    let status = chaos.status();
    assert_eq!(
        (status.armed, status.stopped),
        (false, Some(StopReason::Budget))
    );
    assert!(!is_hit(&chaos).await);
    assert_eq!(recorded.read("gusset.chaos.stops", &["budget"]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn killed_layers_cannot_be_armed_again() {
    let chaos = armed([Rule::new("stuck").fault(Fault::Hang)]);
    let mut service = chaos.http_server().layer(Hello::default());
    let mut future = Box::pin(service.call(get("/a")));
    assert!(poll_once(future.as_mut()).is_pending());
    chaos.kill();
    assert_eq!(future.await.unwrap().status(), 200, "it is released");
    assert!(chaos.status().killed);
    assert_eq!(chaos.arm(arming()), Err(ArmError::Killed));
    assert_eq!(chaos.status().stopped, Some(StopReason::Killed));
}

#[tokio::test(start_paused = true)]
async fn condition_stops_the_injection_without_calls() {
    let chaos = chaos([Rule::new("stuck").fault(Fault::Hang)]);
    let is_red = Arc::<AtomicBool>::default();
    let red = is_red.clone();
    let guard = move || {
        red.load(Ordering::Relaxed)
            .then(|| "budget burnt 14 times".to_owned())
    };
    chaos
        .arm(arming().stop_when("availability", guard.clone()))
        .unwrap();
    let mut service = chaos.http_server().layer(Hello::default());
    let future = tokio::spawn(service.call(get("/a")));
    tokio::time::sleep(SECOND * 5).await;
    assert!(chaos.status().armed);
    is_red.store(true, Ordering::Relaxed);
    // The call in progress is released too.
    assert_eq!(future.await.unwrap().unwrap().status(), 200);
    let expected = StopReason::Guard {
        name: "availability".to_owned(),
        reason: "budget burnt 14 times".to_owned(),
    };
    assert_eq!(chaos.status().stopped.as_ref(), Some(&expected));
    assert_eq!(expected.to_string(), "availability: budget burnt 14 times");
    let refused = chaos.arm(arming().stop_when("availability", guard));
    assert!(
        matches!(refused, Err(ArmError::Guard { .. })),
        "it is still met"
    );
}

#[tokio::test(start_paused = true)]
async fn condition_is_checked_by_calls_once_a_second() {
    let chaos = chaos([down()]);
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = count.clone();
    let guard = move || {
        seen.fetch_add(1, Ordering::Relaxed);
        None
    };
    chaos.arm(arming().stop_when("counted", guard)).unwrap();
    for _ in 0..100 {
        assert!(is_hit(&chaos).await);
    }
    assert_eq!(count.load(Ordering::Relaxed), 1, "when it was armed");
    tokio::time::advance(SECOND * 2).await;
    for _ in 0..100 {
        assert!(is_hit(&chaos).await);
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn panic_of_a_condition_stops() {
    let chaos = chaos([down()]);
    let refused = chaos.arm(arming().stop_when("broken", || panic!("on purpose")));
    let text = refused.unwrap_err().to_string();
    assert!(text.ends_with("broken: the guard panicked"), "{text}");
}

#[tokio::test]
async fn panics_of_the_recorder_do_not_reach_a_call() {
    let recorder = gusset_testkit::PanickingRecorder::default();
    let builder = builder([down()]).metrics(Arc::new(recorder.clone()));
    let chaos = builder.build_with(|_| None).unwrap();
    recorder.start();
    chaos.arm(arming()).unwrap();
    assert!(is_hit(&chaos).await);
    chaos.disarm();
}
