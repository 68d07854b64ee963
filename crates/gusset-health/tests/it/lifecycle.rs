//! The life cycle as a value.

use gusset_health::{Lifecycle, LocalDependency, Phase};
use proptest::prelude::*;

use crate::support::{Dial, SECOND, Time, settle, status};

#[tokio::test(start_paused = true)]
async fn a_phase_is_never_left_backwards() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let life = health.lifecycle();
    life.mark_started();
    life.begin_shutdown();
    let back: [fn(&Lifecycle); 3] = [Lifecycle::mark_started, Lifecycle::clear_unready, |life| {
        life.set_unready("x");
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
        .readiness_check(LocalDependency(dial.quick("index")))
        .start_when_ready()
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
    let check = dial.quick("index").initial_jitter(5 * SECOND);
    let health = time
        .builder()
        .readiness_check(LocalDependency(check))
        .build()
        .unwrap();
    health.lifecycle().mark_started();
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
    health.lifecycle().begin_shutdown();
    let report = running.serve(running.shutdown_signal()).await;
    assert!(report.is_clean());
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
        life.report_progress(format!("migration {step} of 7"));
    }
    assert_eq!(
        status(&health.livez()),
        200,
        "it goes on, and is not killed"
    );
    time.pass(31 * SECOND).await;
    assert_eq!(status(&health.livez()), 503);
    assert_eq!(status(&health.startupz()), 503);
    life.mark_started();
    assert_eq!(status(&health.livez()), 200);
    // What is said later is no start.
    life.report_progress("re-indexing");
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_of_a_life_it_goes_forward_and_its_probes_agree(
        words in prop::collection::vec(0_usize..6, 0..20),
    ) {
        let say: [fn(&Lifecycle); 6] = [
            Lifecycle::mark_started,
            |life| life.set_unready("by hand"),
            Lifecycle::clear_unready,
            Lifecycle::begin_shutdown,
            Lifecycle::force_shutdown,
            |life| life.report_progress("on and on"),
        ];
        let health = Time::new().builder().build().unwrap();
        let life = health.lifecycle();
        let (mut phase, mut held) = (Phase::Starting, false);
        for word in words {
            say[word](life);
            let wanted = match word {
                0 => Phase::Ready,
                3 | 4 => Phase::Draining,
                _ => Phase::Starting,
            };
            phase = phase.max(wanted);
            held = match word {
                1 => true,
                2 => false,
                _ => held,
            };
            prop_assert_eq!(life.phase(), phase);
            prop_assert_eq!(health.is_ready(), phase == Phase::Ready && !held);
            prop_assert_eq!(health.is_started(), phase > Phase::Starting);
            prop_assert!(health.is_live());
        }
    }
}
