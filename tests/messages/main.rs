//! An order goes from a request over a queue and a worker to a database, with real servers.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod redis;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use gusset::data::{LogRecord, LogSink, SpanData, SpanSink};
use gusset::messaging::{Settlement, WorkerReport};
use gusset::{Gusset, MessageHeaders as _, MessageHeadersMut as _, Operation};
use gusset_tests::programs::until;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::service_fn;

use self::redis::{DEAD, Fields, ORDERS, Orders, Redis, Reply};

/// The order that fails until the worker is repaired.
const BROKEN: &str = "13";

/// Keeps what leaves the service.
#[derive(Clone, Default)]
struct Exported {
    spans: Arc<Mutex<Vec<SpanData>>>,
    logs: Arc<Mutex<Vec<LogRecord>>>,
}

impl SpanSink for Exported {
    fn export(&self, span: SpanData) {
        self.spans.lock().unwrap().push(span);
    }
}

impl LogSink for Exported {
    fn export(&self, record: LogRecord) {
        self.logs.lock().unwrap().push(record);
    }
}

impl Exported {
    /// Returns the names of the spans of a trace.
    fn names(&self, trace: [u8; 16]) -> Vec<String> {
        let spans = self.spans.lock().unwrap();
        let of_trace = spans.iter().filter(|span| span.trace_id == trace);
        of_trace.map(|span| span.name.to_string()).collect()
    }
}

/// A shop: a server that takes orders, and a worker that stores them.
struct Shop {
    server: SocketAddr,
    gusset: Gusset,
    exported: Exported,
    is_repaired: Arc<AtomicBool>,
    stop: oneshot::Sender<()>,
    worker: JoinHandle<WorkerReport>,
}

impl Shop {
    async fn start(redis: SocketAddr) -> Self {
        let exported = Exported::default();
        let gusset = gusset::builder()
            .without_health()
            .without_management()
            .messaging_system("redis")
            .spans(exported.clone())
            .logs(exported.clone())
            .build_with(|_| None)
            .unwrap();
        let is_repaired = Arc::new(AtomicBool::new(false));
        let orders = Orders::subscribe(redis).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let handler = service_fn({
            let (gusset, is_repaired) = (gusset.clone(), is_repaired.clone());
            move |order: Fields| store(gusset.clone(), redis, is_repaired.clone(), order)
        });
        let worker = gusset.worker(ORDERS, orders, |order: &Fields| order, handler);
        let worker = worker
            .max_deliveries(2)
            .until(async { drop(stopped.await) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let of_handler = gusset.clone();
        let take = post(move |Path(id): Path<String>| send(of_handler.clone(), redis, id));
        let app = Router::new()
            .route("/orders/{id}", take)
            .layer(gusset.http());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            server,
            worker: tokio::spawn(worker.run()),
            gusset,
            exported,
            is_repaired,
            stop,
        }
    }

    /// Sends an order as a browser does, with a trace of its own.
    async fn order(&self, id: &str, trace: u8) -> [u8; 16] {
        let hex = format!("{trace:02x}").repeat(16);
        let request = reqwest::Client::new().post(format!("http://{}/orders/{id}", self.server));
        let request = request.header("traceparent", format!("00-{hex}-0123456789abcdef-01"));
        assert!(request.send().await.unwrap().status().is_success());
        [trace; 16]
    }

    fn page(&self) -> String {
        self.gusset.telemetry().prometheus().endpoint().render()
    }
}

/// Sends an order to the stream.
async fn send(gusset: Gusset, redis: SocketAddr, id: String) -> &'static str {
    let send = gusset
        .operation(Operation::send("redis", ORDERS))
        .run(async {
            let mut order: Fields = vec![("id".to_owned(), id)];
            gusset.inject(&mut order);
            Redis::connect(redis).await?.add(ORDERS, &order).await
        });
    send.await.unwrap();
    "accepted"
}

/// Stores an order.
async fn store(
    gusset: Gusset,
    redis: SocketAddr,
    is_repaired: Arc<AtomicBool>,
    order: Fields,
) -> io::Result<Settlement> {
    let id = order.get("id").unwrap_or_default();
    if id == BROKEN && !is_repaired.load(Ordering::Relaxed) {
        return Err(io::Error::other("no price"));
    }
    let insert = gusset.operation(Operation::database("redis", "HSET", "stored"));
    let stored = insert.run(async {
        let mut redis = Redis::connect(redis).await?;
        redis.command(&["HSET", "stored", id, "1"]).await
    });
    stored.await?;
    Ok(Settlement::Ack)
}

#[tokio::test]
async fn order_is_one_trace_and_the_failing_one_is_replayed() {
    let Some(server) = redis::start().await else {
        return;
    };
    let redis = server.addr(0);
    let shop = Shop::start(redis).await;
    let good = shop.order("7", 0xa1).await;
    let broken = shop.order(BROKEN, 0xb2).await;

    let mut client = Redis::connect(redis).await.unwrap();
    let mut names = until("the order is stored", async || {
        let names = shop.exported.names(good);
        (names.len() >= 4).then_some(names)
    })
    .await;
    names.sort();
    let expected = [
        "HSET stored",
        "POST /orders/{id}",
        "process orders",
        "send orders",
    ];
    assert_eq!(names, expected);

    until("the other is a dead letter", async || {
        match client.command(&["XLEN", DEAD]).await.unwrap() {
            Reply::Number(1) => Some(()),
            _ => None,
        }
    })
    .await;
    let page = shop.page();
    for (metric, label) in [
        (
            "gusset_messaging_settlements_total{gusset_messaging_settlement=\"dead_letter\"",
            "} 1",
        ),
        (
            "gusset_messaging_settlements_total{gusset_messaging_settlement=\"nack\"",
            "} 1",
        ),
        ("gusset_messaging_redelivered_total", "} 1"),
        ("messaging_client_sent_messages_total", "} 2"),
    ] {
        let mut rows = page.lines().filter(|row| row.starts_with(metric));
        assert!(
            rows.any(|row| row.ends_with(label)),
            "{metric} {label} in\n{page}"
        );
    }
    {
        let logs = shop.exported.logs.lock().unwrap();
        let failed = logs
            .iter()
            .filter(|it| *it.body == *"process orders server_error");
        let traces: Vec<_> = failed.map(|record| record.trace_id).collect();
        assert_eq!(traces, [Some(broken); 2], "one entry for each delivery");
    }

    // The dead letter has its trace still.
    shop.is_repaired.store(true, Ordering::Relaxed);
    for mut order in client.take_all(DEAD).await.unwrap() {
        order.set("replayed", "true");
        client.add(ORDERS, &order).await.unwrap();
    }
    until("the replayed order is stored", async || {
        let names = shop.exported.names(broken);
        names.iter().any(|name| name == "HSET stored").then_some(())
    })
    .await;
    let stored = client.command(&["HGET", "stored", BROKEN]).await.unwrap();
    assert_eq!(stored.text().as_deref(), Some("1"));

    shop.stop.send(()).unwrap();
    let report = shop.worker.await.unwrap();
    assert!(report.unfinished().is_empty());
    assert_eq!(report.settled(Settlement::Ack), 2);
}
