//! A worker of a service: its messages are calls, its end is that of the service.

#![allow(
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gusset::breaker::bulkhead::Bulkhead;
use gusset::breaker::{CircuitBreaker, Config, ReadinessGateLayer};
use gusset::messaging::{MemoryQueue, Settlement};
use gusset::{AdmissionLayer, Clock, Gusset, Operation, RequestResponse};
use tokio::time::sleep;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

const SECOND: Duration = Duration::from_secs(1);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
struct Order {
    number: u32,
    headers: HashMap<String, String>,
}

fn gusset() -> Gusset {
    gusset::builder()
        .without_management()
        .messaging_system("memory")
        .health(|health| health.handle_signals(false).drain_delay(Duration::ZERO))
        .build_with(|_| None)
        .unwrap()
}

/// Sends an order, as the operation of a producer.
async fn send(gusset: &Gusset, queue: &MemoryQueue<Order>, number: u32) {
    let send = gusset.operation(Operation::send("memory", "orders"));
    send.run_infallible(async {
        let mut headers = HashMap::new();
        gusset.inject(&mut headers);
        queue.send(Order { number, headers });
    })
    .await;
}

fn headers(order: &Order) -> &HashMap<String, String> {
    &order.headers
}

#[track_caller]
fn assert_row(gusset: &Gusset, name: &str, labels: &[&str]) {
    let page = gusset.telemetry().prometheus().endpoint().render();
    let mut rows = page.lines().filter(|line| line.starts_with(name));
    let found = rows.any(|row| labels.iter().all(|label| row.contains(label)));
    assert!(found, "no {name} {labels:?} in\n{page}");
}

#[tokio::test(start_paused = true)]
async fn worker_runs_without_a_server_and_its_service_is_ready() {
    let (gusset, queue) = (gusset(), MemoryQueue::new());
    send(&gusset, &queue, 1).await;
    let ready = gusset.clone();
    let handler = service_fn(move |order: Order| {
        assert!(ready.health().is_ready());
        assert!(order.headers.contains_key("traceparent"));
        async { Ok::<_, io::Error>(Settlement::Ack) }
    });
    let worker = gusset.worker("orders", queue.clone(), headers, handler);
    let lifecycle = gusset.health().lifecycle().clone();
    tokio::spawn(async move {
        sleep(SECOND).await;
        lifecycle.begin_shutdown();
    });
    gusset.serve(worker.run()).await.unwrap();
    let labels = ["messaging_system=\"memory\"", "settlement=\"ack\"", " 1"];
    assert_row(&gusset, "gusset_messaging_settlements_total", &labels);
    let labels = ["messaging_destination_name=\"orders\"", " 1"];
    assert_row(&gusset, "messaging_process_duration_seconds_count", &labels);
}

#[tokio::test(start_paused = true)]
async fn dead_letter_has_its_own_error_type() {
    let (gusset, queue) = (gusset(), MemoryQueue::new());
    send(&gusset, &queue, 1).await;
    queue.close();
    let handler = service_fn(async |_: Order| Ok::<_, io::Error>(Settlement::DeadLetter));
    let worker = gusset.worker("orders", queue.clone(), headers, handler);
    gusset.serve(worker.run()).await.unwrap();
    assert_eq!(queue.dead_letters()[0].number, 1);
    let labels = [
        "error_type=\"dead_letter\"",
        "messaging_destination_name=\"orders\"",
    ];
    assert_row(&gusset, "messaging_process_duration_seconds_count", &labels);
}

#[tokio::test(start_paused = true)]
async fn unfinished_messages_are_an_error_that_names_them() {
    let (gusset, queue) = (gusset(), MemoryQueue::new());
    send(&gusset, &queue, 1).await;
    let handler = service_fn(async |_: Order| {
        pending::<()>().await;
        Ok::<_, io::Error>(Settlement::Ack)
    });
    let worker = gusset.worker("orders", queue.clone(), headers, handler);
    let lifecycle = gusset.health().lifecycle().clone();
    tokio::spawn(async move {
        sleep(SECOND).await;
        lifecycle.begin_shutdown();
    });
    let error = gusset
        .serve(worker.shutdown_timeout(SECOND * 2).run())
        .await;
    let error = error.unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let text = format!("{error}: {source:?}");
    assert!(
        text.contains("messages were not finished and returned to the queue: 1"),
        "{text}"
    );
    assert_eq!(queue.len(), 1, "for another worker");
}

#[tokio::test(start_paused = true)]
async fn open_breaker_leaves_messages_in_the_queue() {
    let (gusset, queue) = (gusset(), MemoryQueue::new());
    let breaker = gusset.breaker("payments").unwrap();
    for number in 0..3 {
        send(&gusset, &queue, number).await;
    }
    breaker.force_open();
    let handler = ServiceBuilder::new()
        .layer(ReadinessGateLayer::new(&breaker, sleep))
        .service(service_fn(async |_: Order| {
            Ok::<_, io::Error>(Settlement::Ack)
        }));
    let worker = gusset.worker("orders", queue.clone(), headers, handler);
    let task = tokio::spawn(worker.run());
    sleep(SECOND * 60).await;
    assert_eq!(queue.len(), 3);
    let labels = ["messaging_destination_name=\"orders\"", " 1"];
    assert_row(&gusset, "gusset_messaging_paused", &labels);

    breaker.reset();
    queue.close();
    assert_eq!(task.await.unwrap().settled(Settlement::Ack), 3);
    let labels = ["messaging_destination_name=\"orders\"", " 0"];
    assert_row(&gusset, "gusset_messaging_paused", &labels);
}

/// A service that the handler calls, and what happened to it.
#[derive(Clone, Default)]
struct Payments {
    is_down: Arc<AtomicBool>,
    calls: Arc<AtomicU32>,
    in_progress: Arc<AtomicU32>,
    most_in_progress: Arc<AtomicU32>,
}

impl Payments {
    async fn pay(self) -> Result<(), BoxError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let in_progress = self.in_progress.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_progress
            .fetch_max(in_progress, Ordering::Relaxed);
        sleep(SECOND / 10).await;
        self.in_progress.fetch_sub(1, Ordering::Relaxed);
        match self.is_down.load(Ordering::Relaxed) {
            true => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            false => Ok(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failing_dependency_pauses_the_worker_until_it_recovers() {
    type Pay = RequestResponse<u32, ()>;
    const MESSAGES: u32 = 6;
    let (gusset, queue) = (gusset(), MemoryQueue::new());
    for number in 0..MESSAGES {
        send(&gusset, &queue, number).await;
    }
    let (clock, time) = Clock::manual();
    let config = Config::new().consecutive_failures(3).half_open_calls(1);
    let breaker = CircuitBreaker::builder("payments").config(config);
    let breaker = breaker.clock(clock).build().unwrap();
    let bulkhead = Bulkhead::new("payments", 2).unwrap();
    let payments = Payments::default();
    payments.is_down.store(true, Ordering::Relaxed);
    let dependency = payments.clone();
    let pay = ServiceBuilder::new()
        .layer(breaker.layer::<Pay>())
        .layer(AdmissionLayer::<Pay, _>::new(bulkhead))
        .service(service_fn(move |_: u32| dependency.clone().pay()));
    let handler = ServiceBuilder::new()
        .layer(ReadinessGateLayer::new(&breaker, sleep))
        .service(service_fn(move |order: Order| {
            let pay = pay.clone().oneshot(order.number);
            async move { pay.await.map(|()| Settlement::Ack) }
        }));
    let worker = gusset.worker("orders", queue.clone(), headers, handler);
    let worker = worker.max_in_flight(4).max_deliveries(3);
    let task = tokio::spawn(worker.run());

    sleep(SECOND * 60).await;
    let calls = payments.calls.load(Ordering::Relaxed);
    assert!((3..=4).contains(&calls), "{calls} calls in a minute");
    assert_eq!(queue.len(), MESSAGES as usize, "all are left in the queue");
    assert_row(&gusset, "gusset_messaging_paused", &[" 1"]);

    payments.is_down.store(false, Ordering::Relaxed);
    // The time for which the breaker is open, and its jitter.
    time.advance(SECOND * 6);
    queue.close();
    let report = task.await.unwrap();
    assert_eq!(report.settled(Settlement::Ack), u64::from(MESSAGES));
    assert_eq!(report.settled(Settlement::DeadLetter), 0);
    assert!(queue.dead_letters().is_empty());
    assert_row(&gusset, "gusset_messaging_paused", &[" 0"]);
    assert_eq!(payments.most_in_progress.load(Ordering::Relaxed), 2);
}
