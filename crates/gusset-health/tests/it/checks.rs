//! What a check's runs amount to, whatever they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_health::{Check, LocalDependency, Status};

use crate::support::{Dial, SECOND, Time, settle, status};

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_is_down_and_probes_answer_all_the_while() {
    let time = Time::new();
    let dial = Dial::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(dial.quick("index")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    dial.hang();
    // Answered in this very poll, in the middle of a run that hangs.
    time.pass(SECOND * 13 / 10).await;
    assert_eq!(status(&health.readyz()), 200);
    time.pass(10 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Down));
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.livez()), 200);
    dial.up();
    time.pass(120 * SECOND).await;
    assert_eq!(status(&health.readyz()), 200, "and it comes back");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_is_down_and_runs_on() {
    let time = Time::new();
    let dial = Dial::default();
    dial.panic();
    let health = time
        .builder()
        .health_check(dial.quick("bad"))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    time.pass(SECOND / 2).await;
    assert_eq!(health.check("bad"), Some(Status::Down));
    dial.up();
    time.pass(10 * SECOND).await;
    assert_eq!(health.check("bad"), Some(Status::Up));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_when_called_or_dropped_is_down() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let time = Time::new();
    let call = Check::new("call", || -> std::future::Ready<()> { panic!("called") });
    let fall = Check::new("fall", || async {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    });
    let health = time
        .builder()
        .health_check(call.initial_jitter(Duration::ZERO))
        .health_check(fall.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    time.pass(3 * SECOND).await;
    assert_eq!(health.check("call"), Some(Status::Down));
    assert_eq!(health.check("fall"), Some(Status::Down));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_flaps_moves_no_probe() {
    let time = Time::new();
    let dial = Dial::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(dial.quick("index")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND / 2).await;
    for _ in 0..50 {
        dial.down();
        time.pass(2 * SECOND * 10 / 11).await;
        assert_eq!(status(&health.readyz()), 200);
        dial.up();
        time.pass(SECOND * 12 / 10).await;
        assert_eq!(status(&health.readyz()), 200);
    }
    assert!(dial.runs() > 100);
}

#[tokio::test(start_paused = true)]
async fn one_run_at_a_time() {
    let time = Time::new();
    let running_now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, max) = (running_now.clone(), most.clone());
    let check = Check::new("slow", move || {
        let (now, max) = (now.clone(), max.clone());
        async move {
            max.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(5 * SECOND).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let check = check
        .interval(SECOND)
        .timeout(6 * SECOND)
        .stale_after(30 * SECOND);
    let health = time.builder().health_check(check).build().unwrap();
    let _running = health.start().unwrap();
    time.pass(60 * SECOND).await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_who_asks_makes_a_check_run() {
    let time = Time::new();
    let dial = Dial::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(dial.quick("index")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    settle().await;
    let runs = dial.runs();
    for _ in 0..1000 {
        status(&health.readyz());
        status(&health.healthz());
    }
    settle().await;
    assert_eq!(dial.runs(), runs);
}

#[tokio::test(start_paused = true)]
async fn degraded_is_ready_and_told() {
    let time = Time::new();
    let dial = Dial::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(dial.quick("index")))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    dial.degraded();
    time.pass(3 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Degraded));
    assert_eq!(health.status(), Status::Degraded);
    assert_eq!(status(&health.readyz()), 200);
    assert_eq!(health.check("nobody"), None);
}
