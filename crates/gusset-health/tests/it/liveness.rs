//! Liveness depends on heartbeats only.

use gusset_health::{Heartbeat, LocalDependency};

use crate::support::{SECOND, TestCheck, Time, status};

#[tokio::test(start_paused = true)]
async fn late_heartbeat_fails_liveness() {
    let time = Time::new();
    let consumer = Heartbeat::new("consumer", 10 * SECOND).with_clock(time.clock());
    let health = time.builder().heartbeat(consumer.clone()).build().unwrap();
    let _runtime = health.start().unwrap();
    time.pass(60 * SECOND).await;
    assert!(health.is_live(), "no deadline before the first beat");

    consumer.beat();
    time.pass(10 * SECOND).await;
    assert!(health.is_live());
    time.pass(SECOND).await;
    assert_eq!(status(&health.livez()), 503);
    consumer.beat();
    assert_eq!(status(&health.livez()), 200);

    consumer.stop();
    time.pass(60 * SECOND).await;
    assert!(health.is_live(), "stopped heartbeat has no deadline");
}

#[tokio::test(start_paused = true)]
async fn checks_and_phases_do_not_affect_liveness() {
    let time = Time::new();
    let check = TestCheck::default();
    let quick = check.quick("index");
    let health = time
        .builder()
        .readiness_check(LocalDependency(quick))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    for change in [TestCheck::down, TestCheck::hang, TestCheck::panic] {
        change(&check);
        time.pass(20 * SECOND).await;
        assert_eq!(status(&health.livez()), 200);
    }
    health.lifecycle().set_unready("manual");
    assert_eq!(status(&health.livez()), 200);
}

#[test]
fn new_health_is_live_and_not_ready() {
    let health = Time::new().builder().build().unwrap();
    assert_eq!(status(&health.livez()), 200);
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.startupz()), 503);
}
