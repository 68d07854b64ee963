//! A shop that has more to do than it can.

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

use crate::load::Callers;
use crate::process::{Shop, example, get, until};

/// Asks so many times on one connection, a thousand a second if they are answered as fast; gives how
/// many said 200, and how long the slowest took.
async fn probes(address: SocketAddr, path: &str, times: usize) -> (usize, Duration) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut send, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut pace = interval(Duration::from_millis(1));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut good, mut slowest) = (0, Duration::ZERO);
    for _ in 0..times {
        pace.tick().await;
        let start = Instant::now();
        let request = Request::get(path).header("host", "shop");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        send.ready().await.unwrap();
        let answer = send.send_request(request).await.unwrap();
        good += usize::from(answer.status() == 200);
        answer.into_body().collect().await.unwrap();
        slowest = slowest.max(start.elapsed());
    }
    (good, slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_probes_a_second_are_all_answered_during_overload() {
    let shop = Shop::start(&[]).await;
    // Each holds up a thread of the runtime: there are always more than it has.
    let mut callers = Callers::new(shop.address, 64, &["/catalogue", "/block?millis=5"]);
    until("the callers are at it", async || {
        (callers.good() > 100).then_some(())
    })
    .await;
    let before = callers.good();
    for (listener, address, times) in [
        ("management", shop.management, 1000),
        // Behind all that waits there; it says so, in its time.
        ("public", shop.address, 20),
    ] {
        for path in ["/readyz", "/livez"] {
            let (good, slowest) = probes(address, path, times).await;
            println!("{listener} {path}: {good} of {times}, the slowest in {slowest:?}");
            assert_eq!(good, times, "{listener} {path}");
        }
    }
    let (_, page) = get(shop.management, "/metrics").unwrap();
    assert!(page.contains("http_route=\"/catalogue\""), "{page}");
    assert!(
        !page.contains("livez") && !page.contains("readyz"),
        "probes are no traffic"
    );
    assert!(callers.good() > before, "the load went on");
    assert_eq!((callers.stop().await, callers.bad()), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_runtime_turns_liveness_down_while_the_management_listener_answers() {
    let mut command = Command::new(example("shop"));
    command.env("TOKIO_WORKER_THREADS", "1");
    command.args(["--listen", "127.0.0.1:0", "--live", "3"]);
    let shop = Shop::started(&mut command).await;
    assert_eq!(shop.probe("/livez"), Some(200));
    let address = shop.address;
    let blocked = tokio::task::spawn_blocking(move || get(address, "/block?millis=8000"));
    let (mut answers, mut slowest) = (0, Duration::ZERO);
    let mut becomes = async |wanted: u16| {
        until(&format!("/livez says {wanted}"), async || {
            let start = Instant::now();
            let status = shop.probe("/livez").expect("it answers");
            answers += 1;
            slowest = slowest.max(start.elapsed());
            (status == wanted).then_some(())
        })
        .await;
    };
    becomes(503).await;
    assert_eq!(shop.probe("/readyz"), Some(503));
    assert_eq!(shop.probe("/startupz"), Some(200));
    assert!(!blocked.is_finished(), "it is blocked all the while");
    // And when it goes on, it is live.
    becomes(200).await;
    assert_eq!(blocked.await.unwrap().unwrap().0, 200);
    println!("{answers} answers while the runtime was blocked, the slowest in {slowest:?}");
    assert!(answers > 20, "{answers}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
