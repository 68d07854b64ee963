//! The phases of the life cycle.

use gusset_health::{Lifecycle, LocalDependency, Phase};
use proptest::prelude::*;

use crate::support::{SECOND, TestCheck, Time, settle, status};

#[tokio::test(start_paused = true)]
async fn phase_never_moves_backwards() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let life = health.lifecycle();
    life.mark_started();
    life.begin_shutdown();
    let changes: [fn(&Lifecycle); 3] =
        [Lifecycle::mark_started, Lifecycle::clear_unready, |life| {
            life.set_unready("reason");
        }];
    for change in changes {
        change(life);
        assert_eq!(life.phase(), Phase::Draining);
        assert_eq!(status(&health.readyz()), 503);
    }
}

#[tokio::test(start_paused = true)]
async fn start_completes_when_checks_pass() {
    let time = Time::new();
    let check = TestCheck::default();
    check.down();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .start_when_ready()
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    time.pass(2 * SECOND).await;
    assert_eq!(status(&health.startupz()), 503);
    check.up();
    time.pass(20 * SECOND).await;
    assert_eq!(status(&health.startupz()), 200);
    assert_eq!(status(&health.readyz()), 200);
    // A later failure does not undo the start.
    check.down();
    time.pass(20 * SECOND).await;
    assert_eq!(status(&health.startupz()), 200);
    assert_eq!(status(&health.readyz()), 503);
}

#[tokio::test(start_paused = true)]
async fn started_service_waits_for_its_checks() {
    let time = Time::new();
    let check = TestCheck::default();
    let check = check.quick("index").initial_jitter(5 * SECOND);
    let health = time
        .builder()
        .readiness_check(LocalDependency(check))
        .build()
        .unwrap();
    health.lifecycle().mark_started();
    assert_eq!(status(&health.readyz()), 503, "no result yet");
    let _runtime = health.start().unwrap();
    time.pass(6 * SECOND).await;
    assert_eq!(status(&health.readyz()), 200);
}

#[tokio::test(start_paused = true)]
async fn shutdown_during_the_start_completes() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let runtime = health.start().unwrap();
    settle().await;
    health.lifecycle().begin_shutdown();
    let report = runtime.serve(runtime.shutdown_signal()).await;
    assert!(report.is_clean());
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}

#[tokio::test(start_paused = true)]
async fn start_without_progress_is_not_live() {
    let time = Time::new();
    let builder = time.builder().start_deadline(30 * SECOND);
    let health = builder.build().unwrap();
    let _runtime = health.start().unwrap();
    let life = health.lifecycle();
    for step in 1..=3 {
        time.pass(20 * SECOND).await;
        life.report_progress(format!("migration {step} of 7"));
    }
    assert_eq!(
        status(&health.livez()),
        200,
        "progress extends the deadline"
    );
    time.pass(31 * SECOND).await;
    assert_eq!(status(&health.livez()), 503);
    assert_eq!(status(&health.startupz()), 503);
    life.mark_started();
    assert_eq!(status(&health.livez()), 200);
    // Progress after the start has no deadline.
    life.report_progress("re-indexing");
    time.pass(60 * SECOND).await;
    assert_eq!(status(&health.livez()), 200);
}

#[tokio::test(start_paused = true)]
async fn start_has_no_deadline_by_default() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let _runtime = health.start().unwrap();
    time.pass(3600 * SECOND).await;
    assert_eq!(status(&health.livez()), 200);
    assert_eq!(status(&health.startupz()), 503);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_keep_phase_and_probes_consistent(
        changes in prop::collection::vec(0_usize..6, 0..20),
    ) {
        let methods: [fn(&Lifecycle); 6] = [
            Lifecycle::mark_started,
            |life| life.set_unready("manual"),
            Lifecycle::clear_unready,
            Lifecycle::begin_shutdown,
            Lifecycle::force_shutdown,
            |life| life.report_progress("working"),
        ];
        let health = Time::new().builder().build().unwrap();
        let life = health.lifecycle();
        let (mut phase, mut unready) = (Phase::Starting, false);
        for change in changes {
            methods[change](life);
            let target = match change {
                0 => Phase::Ready,
                3 | 4 => Phase::Draining,
                _ => Phase::Starting,
            };
            phase = phase.max(target);
            unready = match change {
                1 => true,
                2 => false,
                _ => unready,
            };
            prop_assert_eq!(life.phase(), phase);
            prop_assert_eq!(health.is_ready(), phase == Phase::Ready && !unready);
            prop_assert_eq!(health.is_started(), phase > Phase::Starting);
            prop_assert!(health.is_live());
        }
    }
}
