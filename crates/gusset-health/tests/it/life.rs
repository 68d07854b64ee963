//! The life cycle as a value.

use gusset_health::{Exclusive, Lifecycle, Phase};

use crate::support::{Dial, SECOND, Time, settle, status};

#[tokio::test(start_paused = true)]
async fn a_phase_is_never_left_backwards() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let life = health.lifecycle();
    life.started();
    life.drain();
    let back: [fn(&Lifecycle); 3] = [Lifecycle::started, Lifecycle::release, |life| {
        life.hold("x");
    }];
    for back in back {
        back(life);
        assert_eq!(life.phase(), Phase::Draining);
        assert_eq!(status(&health.readyz()), 503);
    }
}

#[tokio::test(start_paused = true)]
async fn the_checks_may_say_when_the_start_is_done() {
    let time = Time::new();
    let dial = Dial::default();
    dial.down();
    let health = time
        .builder()
        .ready(Exclusive(dial.quick("index")))
        .start_by_checks()
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    time.pass(2 * SECOND).await;
    assert_eq!(status(&health.startupz()), 503);
    dial.up();
    time.pass(20 * SECOND).await;
    assert_eq!(status(&health.startupz()), 200);
    assert_eq!(status(&health.readyz()), 200);
    // It has started; what falls later is no start.
    dial.down();
    time.pass(20 * SECOND).await;
    assert_eq!(status(&health.startupz()), 200);
    assert_eq!(status(&health.readyz()), 503);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_said_is_not_ready_before_the_checks_are() {
    let time = Time::new();
    let dial = Dial::default();
    let check = dial.quick("index").spread(5 * SECOND);
    let health = time.builder().ready(Exclusive(check)).build().unwrap();
    health.lifecycle().started();
    assert_eq!(status(&health.readyz()), 503, "nothing is known yet");
    let _running = health.start().unwrap();
    time.pass(6 * SECOND).await;
    assert_eq!(status(&health.readyz()), 200);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_cut_short_drains() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let running = health.start().unwrap();
    settle().await;
    health.lifecycle().drain();
    let farewell = running.serve(running.shutdown_signal()).await;
    assert!(farewell.is_clean());
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_tells_of_no_progress_by_its_deadline_is_not_live() {
    let time = Time::new();
    let builder = time.builder().start_deadline(30 * SECOND);
    let health = builder.build().unwrap();
    let _running = health.start().unwrap();
    let life = health.lifecycle();
    for step in 1..=3 {
        time.pass(20 * SECOND).await;
        life.progress(format!("migration {step} of 7"));
    }
    assert_eq!(
        status(&health.livez()),
        200,
        "it goes on, and is not killed"
    );
    time.pass(31 * SECOND).await;
    assert_eq!(status(&health.livez()), 503);
    assert_eq!(status(&health.startupz()), 503);
    life.started();
    assert_eq!(status(&health.livez()), 200);
    // What is said later is no start.
    life.progress("re-indexing");
    time.pass(60 * SECOND).await;
    assert_eq!(status(&health.livez()), 200);
}

#[tokio::test(start_paused = true)]
async fn unless_set_a_start_may_take_as_long_as_it_takes() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let _running = health.start().unwrap();
    time.pass(3600 * SECOND).await;
    assert_eq!(status(&health.livez()), 200);
    assert_eq!(status(&health.startupz()), 503);
}
