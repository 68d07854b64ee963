//! The settings that hold unless others are set, seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gusset_health::{Check, Health, LocalDependency, Phase, Status};

use crate::support::{Dial, SECOND, Time, get, settle, text};

/// How long from `drain` to the closing of the listener.
async fn drain_delay(kubernetes: bool) -> Duration {
    let time = Time::new();
    let health = time
        .builder()
        .environment(|name| {
            (kubernetes && name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".to_owned())
        })
        .build()
        .unwrap();
    let _running = health.start().unwrap();
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
async fn the_drain_delay_is_five_seconds_in_kubernetes_and_none_elsewhere() {
    assert_eq!(drain_delay(true).await, 5 * SECOND);
    assert_eq!(drain_delay(false).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_get_what_grace_delay_and_flush_leave() {
    for (delay, left) in [(0, 25), (5, 20)] {
        let time = Time::new();
        let health = time.builder().drain_delay(delay * SECOND).build().unwrap();
        let running = health.start().unwrap();
        health.lifecycle().begin_shutdown();
        let start = tokio::time::Instant::now();
        let _report = running.serve(std::future::pending::<()>()).await;
        assert_eq!(start.elapsed().as_secs(), u64::from(delay + left));
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_runs_every_ten_seconds_more_or_less_at_a_random_phase() {
    let time = Time::new();
    let dials: Vec<_> = (0..20).map(|_| Dial::default()).collect();
    const NAMES: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    let mut builder = time.builder();
    for (dial, name) in dials.iter().zip(NAMES) {
        builder = builder.health_check(dial.check(name));
    }
    let health = builder.build().unwrap();
    let _running = health.start().unwrap();
    time.pass(5 * SECOND).await;
    let early = dials.iter().filter(|dial| dial.runs() > 0).count();
    assert!(
        (2..=18).contains(&early),
        "spread: {early} of 20 in the first half"
    );
    time.pass(96 * SECOND).await;
    for dial in &dials {
        assert!(
            (9..=12).contains(&dial.runs()),
            "{} runs in 101 s",
            dial.runs()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_has_two_seconds_and_its_future_is_dropped() {
    struct Held(Arc<AtomicU64>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let time = Time::new();
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = dropped.clone();
    let check = Check::new("hangs", move || {
        let held = Held(counter.clone());
        async move {
            let _held = held;
            std::future::pending::<()>().await;
        }
    });
    let health = time
        .builder()
        .health_check(check.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    time.pass(SECOND * 19 / 10).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    assert_eq!(health.check("hangs"), Some(Status::Unknown));
    time.pass(SECOND * 2 / 10).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(health.check("hangs"), Some(Status::Down));
}

#[tokio::test(start_paused = true)]
async fn three_failures_are_down_two_successes_up_and_a_status_lasts_ten_seconds() {
    let time = Time::new();
    let dial = Dial::default();
    let check = dial.check("index").interval(SECOND).timeout(SECOND / 2);
    let health = time
        .builder()
        .readiness_check(LocalDependency(check.initial_jitter(Duration::ZERO)))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    assert!(health.is_ready());
    dial.down();
    time.pass(5 * SECOND).await;
    assert!(health.is_ready(), "the least time holds");
    time.pass(6 * SECOND).await;
    assert!(!health.is_ready());
    dial.up();
    time.pass(8 * SECOND).await;
    assert!(!health.is_ready(), "the least time holds");
    time.pass(4 * SECOND).await;
    assert!(health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn while_down_a_check_runs_less_often_to_once_a_minute() {
    let time = Time::new();
    let dial = Dial::default();
    dial.down();
    let check = dial.check("db").initial_jitter(Duration::ZERO);
    let health = time.builder().health_check(check).build().unwrap();
    let _running = health.start().unwrap();
    time.pass(600 * SECOND).await;
    // 0, 10, 30, 70, 130, 190 …: a run a minute, not six.
    assert!((11..=14).contains(&dial.runs()), "{}", dial.runs());
    assert_eq!(
        health.check("db"),
        Some(Status::Down),
        "known all the while"
    );
}

#[tokio::test(start_paused = true)]
async fn a_verdict_is_unknown_after_three_intervals_and_not_ready() {
    let time = Time::new();
    let health = time
        .builder()
        .readiness_check(LocalDependency(
            Dial::default()
                .check("index")
                .initial_jitter(Duration::ZERO),
        ))
        .build()
        .unwrap();
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    time.pass(SECOND).await;
    assert!(health.is_ready());
    // The runner is gone; what it said last is not good for ever.
    drop(running);
    time.pass(28 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Up));
    time.pass(2 * SECOND).await;
    assert_eq!(health.check("index"), Some(Status::Unknown));
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn the_main_runtime_has_thirty_seconds() {
    let time = Time::new();
    let health = time.builder().build().unwrap();
    let running = health.start().unwrap();
    time.pass(100 * SECOND).await;
    assert!(health.is_live());
    drop(running);
    time.pass(29 * SECOND).await;
    assert!(health.is_live());
    time.pass(2 * SECOND).await;
    assert!(!health.is_live());
}

#[tokio::test]
async fn public_answers_are_a_word_and_not_stored() {
    let health = Health::builder().build().unwrap();
    let answer = get(&health.livez());
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(text(answer).await, r#"{"status":"pass"}"#);
    assert_eq!(text(get(&health.readyz())).await, r#"{"status":"fail"}"#);
    let paths: Vec<_> = health.probes().map(|(path, _)| path).collect();
    assert_eq!(&paths[..4], ["/livez", "/readyz", "/startupz", "/healthz"]);
}
