//! A worker without an HTTP server: orders come from a queue, are priced and stored, and are settled.
//!
//! `cargo run --example worker`: a producer sends 20 orders to a queue in memory. The trace goes from the producer over the
//! queue and the worker to the database. Order 13 fails each time, so it is put aside as a dead letter; when the catalogue
//! is repaired, it is replayed. A job counts the stock meanwhile. At the end, the worker finishes what is in progress, and
//! prints its metrics. `GUSSET_LOGS_FORMAT=json` shows that all entries of an order have one trace id.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gusset::messaging::{MemoryQueue, Settlement};
use gusset::{Gusset, Operation};
use tokio::time::sleep;
use tower::service_fn;

const ORDERS: u32 = 20;
/// The order that the catalogue has no price for.
const UNKNOWN_ARTICLE: u32 = 13;
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Order {
    number: u32,
    /// What the producer sent along: its trace context.
    headers: HashMap<String, String>,
}

#[derive(Debug)]
struct NoPrice;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gusset = gusset::builder().messaging_system("memory").init()?;
    let queue = MemoryQueue::new();
    let is_repaired = Arc::new(AtomicBool::new(false));

    let stock = gusset.job("count_stock").every(Duration::from_millis(100));
    stock.spawn(async || {
        sleep(Duration::from_millis(5)).await;
        Ok::<_, NoPrice>(())
    });

    let handler = service_fn({
        let (gusset, is_repaired) = (gusset.clone(), is_repaired.clone());
        move |order: Order| process(gusset.clone(), is_repaired.clone(), order)
    });
    let worker = gusset
        .worker(
            "orders",
            queue.clone(),
            |order: &Order| &order.headers,
            handler,
        )
        .max_deliveries(3)
        .max_in_flight(4);
    tokio::spawn(produce(gusset.clone(), queue.clone(), is_repaired));
    gusset.serve(worker.run()).await?;
    println!("{}", gusset.telemetry().prometheus().endpoint().render());
    Ok(())
}

/// Prices an order and stores it. An error returns it to the queue.
async fn process(
    gusset: Gusset,
    is_repaired: Arc<AtomicBool>,
    order: Order,
) -> Result<Settlement, NoPrice> {
    let reprice = gusset.operation("reprice").run(async {
        sleep(Duration::from_millis(2)).await;
        match order.number {
            UNKNOWN_ARTICLE if !is_repaired.load(Ordering::Relaxed) => Err(NoPrice),
            number => Ok(number * 10),
        }
    });
    let _price = reprice.await?;
    let insert = Operation::database("memory", "INSERT", "orders");
    let stored = sleep(Duration::from_millis(1));
    gusset.operation(insert).run_infallible(stored).await;
    Ok(Settlement::Ack)
}

/// Sends the orders, repairs the catalogue when one was put aside, and replays it.
async fn produce(gusset: Gusset, queue: MemoryQueue<Order>, is_repaired: Arc<AtomicBool>) {
    for number in 1..=ORDERS {
        let send = gusset.operation(Operation::send("memory", "orders"));
        send.run_infallible(async {
            let mut headers = HashMap::new();
            gusset.inject(&mut headers);
            queue.send(Order { number, headers });
        })
        .await;
    }
    let put_aside = async {
        while queue.dead_letters().is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(TIMEOUT, put_aside).await.is_ok() {
        is_repaired.store(true, Ordering::Relaxed);
        println!("replayed: {}", queue.replay());
    }
    // The worker ends when all messages are settled.
    queue.close();
}

impl fmt::Display for NoPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the catalogue has no price for the article")
    }
}

impl std::error::Error for NoPrice {}
