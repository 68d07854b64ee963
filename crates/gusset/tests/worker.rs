//! A worker of a service: its messages are calls, its end is that of the service.

#![allow(
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::time::Duration;

use gusset::breaker::ReadinessGateLayer;
use gusset::messaging::{MemoryQueue, Settlement};
use gusset::{Gusset, Operation};
use tokio::time::sleep;
use tower::{ServiceBuilder, service_fn};

const SECOND: Duration = Duration::from_secs(1);

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
