//! What liveness is made of.

use gusset_health::{Heartbeat, LocalDependency};

use crate::support::{Dial, SECOND, Time, status};

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_stops_is_not_live_until_it_beats_again() {
    let time = Time::new();
    let consumer = Heartbeat::new("consumer", 10 * SECOND).with_clock(time.clock());
    let health = time.builder().heartbeat(consumer.clone()).build().unwrap();
    let _running = health.start().unwrap();
    time.pass(60 * SECOND).await;
    assert!(health.is_live(), "not armed before its first beat");

    consumer.beat();
    time.pass(10 * SECOND).await;
    assert!(health.is_live());
    time.pass(SECOND).await;
    assert_eq!(status(&health.livez()), 503);
    consumer.beat();
    assert_eq!(status(&health.livez()), 200);

    consumer.stop();
    time.pass(60 * SECOND).await;
    assert!(health.is_live(), "it ended as it should");
}

#[tokio::test(start_paused = true)]
async fn no_check_and_no_phase_reaches_liveness() {
    let time = Time::new();
    let dial = Dial::default();
    let check = dial.quick("index");
    let health = time
        .builder()
        .readiness_check(LocalDependency(check))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    for turn in [Dial::down, Dial::hang, Dial::panic] {
        turn(&dial);
        time.pass(20 * SECOND).await;
        assert_eq!(status(&health.livez()), 200);
    }
    health.lifecycle().set_unready("by hand");
    assert_eq!(status(&health.livez()), 200);
}

#[test]
fn before_the_background_is_there_the_process_is_live_and_not_ready() {
    let health = Time::new().builder().build().unwrap();
    assert_eq!(status(&health.livez()), 200);
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.startupz()), 503);
}
