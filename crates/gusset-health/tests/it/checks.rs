//! The status that results from the runs of a check.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_health::{Check, LocalDependency, Status};

use crate::support::{SECOND, TestCheck, Time, settle, status};

#[tokio::test(start_paused = true)]
async fn hanging_check_is_down_and_probes_respond() {
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    check.hang();
    // A run is hanging now, and the probe still responds at once.
    time.pass(SECOND * 13 / 10).await;
    assert_eq!(status(&health.readyz()), 200);
    time.pass(10 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Down));
    assert_eq!(status(&health.readyz()), 503);
    assert_eq!(status(&health.livez()), 200);
    check.up();
    time.pass(120 * SECOND).await;
    assert_eq!(status(&health.readyz()), 200, "up again");
}

#[tokio::test(start_paused = true)]
async fn panicking_check_is_down_and_keeps_running() {
    let time = Time::new();
    let check = TestCheck::default();
    check.panic();
    let health = time
        .builder()
        .health_check(check.quick("bad"))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    time.pass(SECOND / 2).await;
    assert_eq!(health.check("bad"), Some(Status::Down));
    check.up();
    time.pass(10 * SECOND).await;
    assert_eq!(health.check("bad"), Some(Status::Up));
}

#[tokio::test(start_paused = true)]
async fn panic_in_call_or_drop_is_down() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let time = Time::new();
    let in_call = Check::new("call", || -> std::future::Ready<()> { panic!("in call") });
    let in_drop = Check::new("drop", || async {
        let _guard = PanicOnDrop;
        std::future::pending::<()>().await;
    });
    let health = time
        .builder()
        .health_check(in_call.initial_jitter(Duration::ZERO))
        .health_check(in_drop.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    time.pass(3 * SECOND).await;
    assert_eq!(health.check("call"), Some(Status::Down));
    assert_eq!(health.check("drop"), Some(Status::Down));
}

#[tokio::test(start_paused = true)]
async fn flapping_check_changes_no_probe() {
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND / 2).await;
    for _ in 0..50 {
        check.down();
        time.pass(2 * SECOND * 10 / 11).await;
        assert_eq!(status(&health.readyz()), 200);
        check.up();
        time.pass(SECOND * 12 / 10).await;
        assert_eq!(status(&health.readyz()), 200);
    }
    assert!(check.runs() > 100);
}

#[tokio::test(start_paused = true)]
async fn runs_do_not_overlap() {
    let time = Time::new();
    let active = Arc::new(AtomicUsize::new(0));
    let max_active = Arc::new(AtomicUsize::new(0));
    let (now, max) = (active.clone(), max_active.clone());
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
    let _runtime = health.start().unwrap();
    time.pass(60 * SECOND).await;
    assert_eq!(max_active.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn probe_starts_no_run() {
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    settle().await;
    let runs = check.runs();
    for _ in 0..1000 {
        status(&health.readyz());
        status(&health.healthz());
    }
    settle().await;
    assert_eq!(check.runs(), runs);
}

#[tokio::test(start_paused = true)]
async fn degraded_check_is_ready() {
    let time = Time::new();
    let check = TestCheck::default();
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.quick("index")))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    check.degraded();
    time.pass(3 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Degraded));
    assert_eq!(health.status(), Status::Degraded);
    assert_eq!(status(&health.readyz()), 200);
    assert_eq!(health.check("unknown"), None);
}
