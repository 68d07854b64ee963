//! The default settings, by their effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gusset_health::{Check, Env, Health, LocalDependency, Phase, Status};

use crate::support::{SECOND, TestCheck, Time, get, settle, text};

/// Returns the time from the beginning of the shutdown to the closing of the listener.
async fn drain_delay(is_kubernetes: bool) -> Duration {
    let time = Time::new();
    let health = time
        .builder()
        .env(Env::from_fn(&|name| {
            (is_kubernetes && name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".to_owned())
        }))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    let mut waited = Duration::ZERO;
    settle().await;
    while health.lifecycle().phase() < Phase::Stopping {
        time.pass(SECOND / 10).await;
        waited += SECOND / 10;
    }
    waited
}

#[tokio::test(start_paused = true)]
async fn drain_delay_depends_on_kubernetes() {
    assert_eq!(drain_delay(true).await, 5 * SECOND);
    assert_eq!(drain_delay(false).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn in_flight_deadline_is_the_remaining_time() {
    for (delay, remaining) in [(0, 25), (5, 20)] {
        let time = Time::new();
        let health = time.builder().drain_delay(delay * SECOND).build().unwrap();
        let runtime = health.start().unwrap();
        health.lifecycle().begin_shutdown();
        let start = tokio::time::Instant::now();
        let _report = runtime.serve(std::future::pending::<()>()).await;
        assert_eq!(start.elapsed().as_secs(), u64::from(delay + remaining));
    }
}

#[tokio::test(start_paused = true)]
async fn check_interval_is_ten_seconds_with_jitter() {
    let time = Time::new();
    let checks: Vec<_> = (0..20).map(|_| TestCheck::default()).collect();
    const NAMES: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    let mut builder = time.builder();
    for (test_check, name) in checks.iter().zip(NAMES) {
        builder = builder.health_check(test_check.check(name));
    }
    let health = builder.build().unwrap();
    let _runtime = health.start().unwrap();
    time.pass(5 * SECOND).await;
    let early = checks
        .iter()
        .filter(|test_check| test_check.runs() > 0)
        .count();
    assert!(
        (2..=18).contains(&early),
        "{early} of 20 ran in the first half"
    );
    time.pass(96 * SECOND).await;
    for test_check in &checks {
        assert!(
            (9..=12).contains(&test_check.runs()),
            "{} runs in 101 s",
            test_check.runs()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn run_is_dropped_after_two_seconds() {
    struct CountDrops(Arc<AtomicU64>);
    impl Drop for CountDrops {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let time = Time::new();
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = dropped.clone();
    let check = Check::new("hangs", move || {
        let guard = CountDrops(counter.clone());
        async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        }
    });
    let health = time
        .builder()
        .health_check(check.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    time.pass(SECOND * 19 / 10).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    assert_eq!(health.check("hangs"), Some(Status::Unknown));
    time.pass(SECOND * 2 / 10).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(health.check("hangs"), Some(Status::Down));
}

#[tokio::test(start_paused = true)]
async fn default_thresholds_and_status_duration() {
    let time = Time::new();
    let test_check = TestCheck::default();
    let check = test_check
        .check("index")
        .interval(SECOND)
        .timeout(SECOND / 2);
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.initial_jitter(Duration::ZERO)))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    assert!(health.is_ready());
    test_check.down();
    time.pass(5 * SECOND).await;
    assert!(health.is_ready(), "the minimum duration applies");
    time.pass(6 * SECOND).await;
    assert!(!health.is_ready());
    test_check.up();
    time.pass(8 * SECOND).await;
    assert!(!health.is_ready(), "the minimum duration applies");
    time.pass(4 * SECOND).await;
    assert!(health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn interval_while_down_grows_to_a_minute() {
    let time = Time::new();
    let test_check = TestCheck::default();
    test_check.down();
    let check = test_check.check("db").initial_jitter(Duration::ZERO);
    let health = time.builder().health_check(check).build().unwrap();
    let _runtime = health.start().unwrap();
    time.pass(600 * SECOND).await;
    // At 0, 10, 30, 70, 130 and 190 s: one run per minute in the end.
    assert!(
        (11..=14).contains(&test_check.runs()),
        "{}",
        test_check.runs()
    );
    assert_eq!(
        health.check("db"),
        Some(Status::Down),
        "the result is not stale between runs"
    );
}

#[tokio::test(start_paused = true)]
async fn result_is_stale_after_three_intervals() {
    let time = Time::new();
    let health = time
        .builder()
        .readiness_check(LocalDependency(
            TestCheck::default()
                .check("index")
                .initial_jitter(Duration::ZERO),
        ))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    assert!(health.is_ready());
    // The runner is gone, so the last result becomes stale.
    drop(runtime);
    time.pass(28 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Up));
    time.pass(2 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Unknown));
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn main_runtime_is_stuck_after_thirty_seconds() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let runtime = health.start().unwrap();
    time.pass(100 * SECOND).await;
    assert!(health.is_live());
    drop(runtime);
    time.pass(29 * SECOND).await;
    assert!(health.is_live());
    time.pass(2 * SECOND).await;
    assert!(!health.is_live());
}

#[tokio::test]
async fn public_responses_are_minimal_and_not_stored() {
    let health = Health::builder().build().unwrap();
    let response = get(&health.livez());
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(text(response).await, r#"{"status":"pass"}"#);
    assert_eq!(text(get(&health.readyz())).await, r#"{"status":"fail"}"#);
    let paths: Vec<_> = health.probes().map(|(path, _)| path).collect();
    assert_eq!(&paths[..4], ["/livez", "/readyz", "/startupz", "/healthz"]);
}
