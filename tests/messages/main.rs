//! An order goes from a request over a queue and a worker to a database, with real servers.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

// What a service writes for its broker, and what the example shows.
#[path = "../../examples/worker/broker/mod.rs"]
mod broker;
mod database;
mod servers;
mod shop;

use std::time::Duration;

use gusset::messaging::Settlement;
use gusset_tests::programs::until;

use self::broker::{Broker, Memory, Nats, RabbitMq, Redis};
use self::database::Database;
use self::shop::{BROKEN, Shop};

/// Of which a test has its own trace.
const GOOD: u32 = 7;

#[tokio::test]
async fn order_through_memory_is_one_trace() {
    let story = order_is_one_trace_and_the_failing_one_is_replayed(Memory::default());
    story.await;
}

#[tokio::test]
async fn order_through_redis_is_one_trace() {
    if let Some(server) = servers::redis().await {
        let redis = Redis::connect(&server.url).await.unwrap();
        order_is_one_trace_and_the_failing_one_is_replayed(redis).await;
    }
}

#[tokio::test]
async fn order_through_nats_is_one_trace() {
    if let Some(server) = servers::nats().await {
        let nats = Nats::connect(&server.url).await.unwrap();
        order_is_one_trace_and_the_failing_one_is_replayed(nats).await;
    }
}

#[tokio::test]
async fn order_through_rabbitmq_is_one_trace() {
    if let Some(server) = servers::rabbitmq().await {
        // It listens a moment before it answers.
        let rabbitmq = until("RabbitMQ is ready", async || {
            RabbitMq::connect(&server.url).await.ok()
        });
        order_is_one_trace_and_the_failing_one_is_replayed(rabbitmq.await).await;
    }
}

async fn order_is_one_trace_and_the_failing_one_is_replayed<B: Broker>(broker: B) {
    let Some(server) = servers::postgresql(B::SYSTEM).await else {
        return;
    };
    let database = Database::connect(server.addr(0)).await;
    let shop = Shop::start(broker.clone(), database.clone()).await;
    let good = shop.order(GOOD, 0xa1).await;
    let broken = shop.order(BROKEN, 0xb2).await;

    let mut names = until("the order is stored", async || {
        let names = shop.exported.names(good);
        (names.len() >= 4).then_some(names)
    })
    .await;
    names.sort();
    let expected = [
        "INSERT orders",
        "POST /orders/{id}",
        "process orders",
        "send orders",
    ];
    assert_eq!(names, expected);

    until("the other is a dead letter", async || {
        let dead = broker.dead_letters().await.unwrap();
        (dead == 1).then_some(())
    })
    .await;
    let system = format!("messaging_system=\"{}\"", B::SYSTEM);
    for (metric, count) in [
        (
            "gusset_messaging_settlements_total{gusset_messaging_settlement=\"ack\"",
            1,
        ),
        (
            "gusset_messaging_settlements_total{gusset_messaging_settlement=\"dead_letter\"",
            1,
        ),
        (
            "gusset_messaging_settlements_total{gusset_messaging_settlement=\"nack\"",
            1,
        ),
        ("gusset_messaging_redelivered_total", 1),
        ("gusset_messaging_lag_seconds_count", 3),
        ("messaging_client_sent_messages_total", 2),
    ] {
        shop.assert_row(metric, &system, count);
    }
    let failed = shop.exported.traces_of("process orders server_error");
    assert_eq!(failed, [Some(broken); 2], "one entry for each delivery");
    let dead = shop
        .exported
        .traces_of("a message was put aside as a dead letter");
    assert_eq!(dead, [Some(broken)]);
    assert_eq!(database.numbers().await, [7]);

    // The dead letter has its trace still.
    shop.repair();
    assert_eq!(broker.replay().await.unwrap(), 1);
    until("the replayed order is stored", async || {
        let names = shop.exported.names(broken);
        names
            .iter()
            .any(|name| name == "INSERT orders")
            .then_some(())
    })
    .await;
    assert_eq!(database.numbers().await, [7, 13]);
    assert_eq!(broker.dead_letters().await.unwrap(), 0);
    assert_eq!(broker.replay().await.unwrap(), 0, "nothing is left");

    let report = tokio::time::timeout(Duration::from_secs(30), shop.stop()).await;
    let report = report.unwrap();
    assert!(report.unfinished().is_empty());
    assert_eq!(report.settled(Settlement::Ack), 2);
}
