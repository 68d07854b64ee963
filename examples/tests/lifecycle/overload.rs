//! A shop that receives more requests than it can handle.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::load::Clients;
use crate::process::{Shop, example, get, until};

/// Sends up to a thousand requests a second on one connection. Returns how many had status 200, and how
/// long the slowest took.
async fn probe(address: SocketAddr, path: &str, count: usize) -> (usize, Duration) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut send, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut interval = interval(Duration::from_millis(1));
    interval.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut passed, mut slowest) = (0, Duration::ZERO);
    for _ in 0..count {
        interval.tick().await;
        let start = Instant::now();
        let request = Request::get(path).header("host", "shop");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        send.ready().await.unwrap();
        let response = send.send_request(request).await.unwrap();
        passed += usize::from(response.status() == 200);
        response.into_body().collect().await.unwrap();
        slowest = slowest.max(start.elapsed());
    }
    (passed, slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_pass_during_overload() {
    let shop = Shop::start(&[]).await;
    // `/block` blocks a thread of the runtime, and there are more clients than threads.
    let mut clients = Clients::start(shop.address, 64, &["/catalogue", "/block?millis=5"]);
    until("the clients are running", async || {
        (clients.succeeded() > 100).then_some(())
    })
    .await;
    let before = clients.succeeded();
    for (listener, address, count) in [
        ("management", shop.management, 1000),
        // Fewer, because these wait for the blocked threads.
        ("public", shop.address, 20),
    ] {
        for path in ["/readyz", "/livez"] {
            let (passed, slowest) = probe(address, path, count).await;
            println!("{listener} {path}: {passed} of {count} passed, the slowest took {slowest:?}");
            assert_eq!(passed, count, "{listener} {path}");
        }
    }
    let (_, metrics) = get(shop.management, "/metrics").unwrap();
    assert!(metrics.contains("http_route=\"/catalogue\""), "{metrics}");
    assert!(
        !metrics.contains("livez") && !metrics.contains("readyz"),
        "probes are not in the metrics"
    );
    assert!(clients.succeeded() > before, "the load continued");
    assert_eq!((clients.stop().await, clients.failed()), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_runtime_fails_liveness() {
    let mut command = Command::new(example("shop"));
    command.env("TOKIO_WORKER_THREADS", "1");
    command.args(["--listen", "127.0.0.1:0", "--live", "3"]);
    let shop = Shop::start_command(&mut command).await;
    assert_eq!(shop.probe("/livez"), Some(200));
    let address = shop.address;
    let blocked = tokio::task::spawn_blocking(move || get(address, "/block?millis=8000"));
    let (mut responses, mut slowest) = (0, Duration::ZERO);
    let mut wait_for = async |expected: u16| {
        until(&format!("/livez returns {expected}"), async || {
            let start = Instant::now();
            let status = shop
                .probe("/livez")
                .expect("the management server responds");
            responses += 1;
            slowest = slowest.max(start.elapsed());
            (status == expected).then_some(())
        })
        .await;
    };
    wait_for(503).await;
    assert_eq!(shop.probe("/readyz"), Some(503));
    assert_eq!(shop.probe("/startupz"), Some(200));
    assert!(!blocked.is_finished(), "the runtime is still blocked");
    // The shop is live again when the runtime continues.
    wait_for(200).await;
    assert_eq!(blocked.await.unwrap().unwrap().0, 200);
    println!("{responses} responses while the runtime was blocked, the slowest took {slowest:?}");
    assert!(responses > 20, "{responses}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
