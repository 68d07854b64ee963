//! The shutdown of a shop by signals.

use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use crate::load::HeldRequests;
use crate::process::{Process, Shop, example, get, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_completes_a_thousand_open_requests() {
    let mut shop = Shop::start(&["--drain", "2", "--deadline", "20"]).await;
    let mut held = HeldRequests::new();
    held.http1(shop.address, 500);
    for _ in 0..5 {
        held.http2(shop.address, 100).await;
    }
    assert_eq!(held.in_flight(), 1000);
    shop.wait_for_in_flight(1000).await;
    assert_eq!(get(shop.address, "/readyz").unwrap().0, 200);

    shop.process.terminate();
    // Probes the public listener on new connections until it is closed.
    let mut statuses = Vec::new();
    let mut during_drain = String::new();
    until("the listener closes", async || {
        let Some((status, _)) = get(shop.address, "/readyz") else {
            return Some(());
        };
        if status == 503 && during_drain.is_empty() {
            // Requests are still served, and their connections are closed.
            (_, during_drain) = get(shop.address, "/catalogue")?;
        }
        if statuses.last() != Some(&status) {
            statuses.push(status);
        }
        None
    })
    .await;
    // The first probe may be faster than the signal.
    assert!(statuses == [200, 503] || statuses == [503], "{statuses:?}");
    assert!(during_drain.starts_with("HTTP/1.1 200 "), "{during_drain}");
    assert!(
        during_drain.contains("\r\nconnection: close\r\n"),
        "{during_drain}"
    );

    assert_eq!(shop.probe("/livez"), Some(200), "the probes stop last");
    assert_eq!(shop.probe("/readyz"), Some(503));
    let results = held.release().await;
    let lost: Vec<_> = results
        .iter()
        .filter(|result| **result != Ok(200))
        .collect();
    assert!(
        lost.is_empty(),
        "{} lost, the first: {:?}",
        lost.len(),
        lost.first()
    );
    assert_eq!(shop.process.exit_status().await.code(), Some(0));
    assert_eq!(shop.probe("/livez"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadline_reports_unfinished_requests_by_route() {
    let mut shop = Shop::start(&["--drain", "0", "--deadline", "2"]).await;
    let mut held = HeldRequests::new();
    held.http1(shop.address, 2);
    shop.wait_for_in_flight(2).await;
    let start = Instant::now();
    shop.process.terminate();
    assert_eq!(shop.process.exit_status().await.code(), Some(1));
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "not before the deadline"
    );
    let printed = shop.process.stderr();
    assert!(
        printed.contains("\nunfinished requests: /slow: 2\n"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_streams_end_at_shutdown() {
    let mut shop = Shop::start(&["--drain", "0", "--deadline", "20"]).await;
    let address = shop.address;
    let reading = tokio::task::spawn_blocking(move || get(address, "/events"));
    shop.wait_for_in_flight(1).await;
    shop.process.terminate();
    let (status, events) = reading.await.unwrap().unwrap();
    assert_eq!(status, 200);
    // The response is complete: it has its last chunk.
    assert!(events.ends_with("\r\n0\r\n\r\n"), "{events}");
    assert_eq!(shop.process.exit_status().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_signal_skips_the_drain_delay() {
    // The test takes less than the drain delay.
    let mut shop = Shop::start(&["--drain", "15", "--deadline", "10"]).await;
    let start = Instant::now();
    shop.process.terminate();
    until("the shop is unready", async || {
        (shop.probe("/readyz") == Some(503)).then_some(())
    })
    .await;
    assert_eq!(
        get(shop.address, "/catalogue").unwrap().0,
        200,
        "requests are still served"
    );
    shop.process.terminate();
    assert_eq!(shop.process.exit_status().await.code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_option_probes_a_running_shop() {
    let shop = Shop::start(&["--drain", "15", "--deadline", "10"]).await;
    let address = shop.management.to_string();
    let probe_exit_code = async || {
        let args = ["--health", "--management", &address];
        let mut probe = Process::start(Command::new(example("shop")).args(args)).unwrap();
        probe.exit_status().await.code()
    };
    assert_eq!(probe_exit_code().await, Some(0));
    shop.process.terminate();
    until("the shop is unready", async || {
        (shop.probe("/readyz") == Some(503)).then_some(())
    })
    .await;
    assert_eq!(probe_exit_code().await, Some(1));
    drop(shop);
    assert_eq!(probe_exit_code().await, Some(1), "nothing listens");
}
