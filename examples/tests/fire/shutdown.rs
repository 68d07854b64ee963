//! The end of a shop, by signals.

use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use crate::load::Held;
use crate::process::{Process, Shop, example, get, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_under_way_are_all_answered_and_readiness_falls_before_the_listener_closes()
 {
    let mut shop = Shop::start(&["--drain", "2", "--deadline", "20"]).await;
    let mut held = Held::new();
    held.http1(shop.address, 500);
    for _ in 0..5 {
        held.http2(shop.address, 100).await;
    }
    assert_eq!(held.under_way(), 1000);
    shop.in_flight(1000).await;
    assert_eq!(get(shop.address, "/readyz").unwrap().0, 200);

    shop.process.terminate();
    // On the public listener itself, with a connection for each probe, until it is closed.
    let mut seen = Vec::new();
    let mut last = String::new();
    until("the listener closes", async || {
        let Some((status, _)) = get(shop.address, "/readyz") else {
            return Some(());
        };
        if status == 503 && last.is_empty() {
            // Who does not know yet is served, and told to take his connection elsewhere.
            (_, last) = get(shop.address, "/catalogue")?;
        }
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        None
    })
    .await;
    // 200 for the moment that a signal takes, if at all.
    assert!(seen == [200, 503] || seen == [503], "{seen:?}");
    assert!(last.starts_with("HTTP/1.1 200 "), "{last}");
    assert!(last.contains("\r\nconnection: close\r\n"), "{last}");

    assert_eq!(shop.probe("/livez"), Some(200), "the probes stop last");
    assert_eq!(shop.probe("/readyz"), Some(503));
    let answers = held.let_go().await;
    let lost: Vec<_> = answers
        .iter()
        .filter(|answer| **answer != Ok(200))
        .collect();
    assert!(
        lost.is_empty(),
        "{} lost, {:?} first",
        lost.len(),
        lost.first()
    );
    assert_eq!(shop.process.ended().await.code(), Some(0));
    assert_eq!(shop.probe("/livez"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_straggler_that_never_ends_is_named_by_its_route_and_left_at_the_deadline() {
    let mut shop = Shop::start(&["--drain", "0", "--deadline", "2"]).await;
    let mut held = Held::new();
    held.http1(shop.address, 2);
    shop.in_flight(2).await;
    let start = Instant::now();
    shop.process.terminate();
    assert_eq!(shop.process.ended().await.code(), Some(1));
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "not before its time"
    );
    let printed = shop.process.printed();
    assert!(
        printed.contains("\nunfinished requests: /slow: 2\n"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_an_endless_stream_is_sent_elsewhere_and_holds_up_nobody() {
    let mut shop = Shop::start(&["--drain", "0", "--deadline", "20"]).await;
    let address = shop.address;
    let reading = tokio::task::spawn_blocking(move || get(address, "/events"));
    shop.in_flight(1).await;
    shop.process.terminate();
    let (status, events) = reading.await.unwrap().unwrap();
    assert_eq!(status, 200);
    // Whole: its last piece, and not the end of a connection.
    assert!(events.ends_with("\r\n0\r\n\r\n"), "{events}");
    assert_eq!(shop.process.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_skips_the_wait() {
    // The sum of both is more than anything here may take.
    let mut shop = Shop::start(&["--drain", "15", "--deadline", "10"]).await;
    let start = Instant::now();
    shop.process.terminate();
    until("it is not ready", async || {
        (shop.probe("/readyz") == Some(503)).then_some(())
    })
    .await;
    assert_eq!(
        get(shop.address, "/catalogue").unwrap().0,
        200,
        "it serves on"
    );
    shop.process.terminate();
    assert_eq!(shop.process.ended().await.code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_asks_for_its_own_health() {
    let shop = Shop::start(&["--drain", "15", "--deadline", "10"]).await;
    let address = shop.management.to_string();
    let ask = async || {
        let args = ["--health", "--management", &address];
        let mut asking = Process::start(Command::new(example("shop")).args(args)).unwrap();
        asking.ended().await.code()
    };
    assert_eq!(ask().await, Some(0));
    shop.process.terminate();
    until("it is not ready", async || {
        (shop.probe("/readyz") == Some(503)).then_some(())
    })
    .await;
    assert_eq!(ask().await, Some(1));
    drop(shop);
    assert_eq!(ask().await, Some(1), "nobody is there");
}
