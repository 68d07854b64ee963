//! A worker without an HTTP server: orders come from a queue, are priced and stored, and are settled.
//!
//! `cargo run --example worker`: a producer sends 20 orders to a queue in memory. The trace goes from the producer over the
//! queue and the worker to the database. Order 13 fails each time, so it is put aside as a dead letter; when the catalogue
//! is repaired, it is replayed. A job counts the stock meanwhile. At the end, the worker finishes what is in progress, and
//! prints its metrics. `GUSSET_LOGS_FORMAT=json` shows that all entries of an order have one trace id.
//!
//! `cargo run --example worker -- --broker nats://127.0.0.1:4222` does it on a real broker: `nats` with JetStream,
//! `amqp` (RabbitMQ) or `redis`. With `--leave` it leaves the order in the dead-letter queue, and with `--replay` it only replays
//! what such a run has left.

mod broker;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gusset::messaging::Settlement;
use gusset::{Gusset, Operation};
use tokio::time::sleep;
use tower::service_fn;

use self::broker::{BoxError, Broker, Memory, Nats, ORDERS, Order, RabbitMq, Redis};

const SENT: u32 = 20;
/// The order that the catalogue has no price for.
const UNKNOWN_ARTICLE: u32 = 13;
const MAX_DELIVERIES: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The arguments of the program.
#[derive(Default)]
struct Arguments {
    broker: Option<String>,
    mode: Mode,
}

/// What the producer does.
#[derive(Clone, Copy, Default, PartialEq)]
enum Mode {
    #[default]
    SendAndReplay,
    Send,
    Replay,
}

/// A worker and its producer.
#[derive(Clone)]
struct Story<B> {
    gusset: Gusset,
    broker: B,
    /// Whether the catalogue has a price for each article.
    is_repaired: Arc<AtomicBool>,
    stored: Arc<AtomicU32>,
}

#[derive(Debug)]
struct NoPrice;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mode = arguments.mode;
    match arguments.broker.as_deref() {
        None => Story::run(Memory::default(), mode).await,
        Some(url) => match url.split_once(':').unwrap_or_default().0 {
            "nats" => Story::run(Nats::connect(url).await?, mode).await,
            "amqp" => Story::run(RabbitMq::connect(url).await?, mode).await,
            "redis" => Story::run(Redis::connect(url).await?, mode).await,
            _ => Err("--broker: not a URL with the scheme `nats`, `amqp` or `redis`".into()),
        },
    }
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, BoxError> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--broker" => {
                    parsed.broker = Some(arguments.next().ok_or("--broker: the URL is missing")?);
                }
                "--leave" => parsed.mode = Mode::Send,
                "--replay" => parsed.mode = Mode::Replay,
                _ => return Err(format!("{argument}: unknown argument").into()),
            }
        }
        Ok(parsed)
    }
}

impl<B: Broker> Story<B> {
    async fn run(broker: B, mode: Mode) -> Result<(), BoxError> {
        let story = Self {
            gusset: gusset::builder().messaging_system(B::SYSTEM).init()?,
            broker,
            is_repaired: Arc::new(AtomicBool::new(mode == Mode::Replay)),
            stored: Arc::default(),
        };
        let gusset = &story.gusset;
        let stock = gusset.job("count_stock").every(Duration::from_millis(100));
        stock.spawn(async || {
            sleep(Duration::from_millis(5)).await;
            Ok::<_, NoPrice>(())
        });

        let of_handler = story.clone();
        let handler = service_fn(move |order: Order<B::Headers>| {
            let story = of_handler.clone();
            async move { story.process(order.number).await }
        });
        let source = story.broker.subscribe().await?;
        let worker = gusset
            .worker(
                ORDERS,
                source,
                |order: &Order<B::Headers>| &order.headers,
                handler,
            )
            .max_deliveries(MAX_DELIVERIES)
            .max_in_flight(4);
        let producer = story.clone();
        let produced = tokio::spawn(async move {
            let produced = producer.produce(mode).await;
            producer.gusset.health().lifecycle().begin_shutdown();
            produced
        });
        gusset.serve(worker.run()).await?;
        println!("{}", gusset.telemetry().prometheus().endpoint().render());
        produced.await?
    }

    /// Prices an order and stores it. An error returns it to the queue.
    async fn process(&self, number: u32) -> Result<Settlement, NoPrice> {
        let reprice = self.gusset.operation("reprice").run(async {
            sleep(Duration::from_millis(2)).await;
            match number {
                UNKNOWN_ARTICLE if !self.is_repaired.load(Ordering::Relaxed) => Err(NoPrice),
                number => Ok(number * 10),
            }
        });
        let _price = reprice.await?;
        let insert = Operation::database("memory", "INSERT", "orders");
        let stored = sleep(Duration::from_millis(1));
        self.gusset.operation(insert).run_infallible(stored).await;
        self.stored.fetch_add(1, Ordering::Relaxed);
        Ok(Settlement::Ack)
    }

    /// Sends the orders, repairs the catalogue when one was put aside, and replays it.
    async fn produce(&self, mode: Mode) -> Result<(), BoxError> {
        if mode != Mode::Replay {
            self.send_all().await?;
            tokio::time::timeout(TIMEOUT, self.put_aside()).await??;
        }
        if mode == Mode::Send {
            // All but the one that was put aside.
            return self.wait_until_stored(SENT - 1).await;
        }
        self.is_repaired.store(true, Ordering::Relaxed);
        let replayed = self.broker.replay().await?;
        println!("replayed: {replayed}");
        let expected = match mode {
            Mode::Replay => u32::try_from(replayed)?,
            _ => SENT,
        };
        self.wait_until_stored(expected).await
    }

    async fn send_all(&self) -> Result<(), BoxError> {
        for number in 1..=SENT {
            let send = Operation::send(B::SYSTEM, ORDERS);
            let send = self.gusset.operation(send).run(async {
                let mut headers = B::Headers::default();
                self.gusset.inject(&mut headers);
                self.broker.send(Order { number, headers }).await
            });
            send.await?;
        }
        Ok(())
    }

    /// Waits until an order was put aside.
    async fn put_aside(&self) -> Result<(), BoxError> {
        while self.broker.dead_letters().await? == 0 {
            sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    async fn wait_until_stored(&self, orders: u32) -> Result<(), BoxError> {
        let stored = async {
            while self.stored.load(Ordering::Relaxed) < orders {
                sleep(POLL_INTERVAL).await;
            }
        };
        Ok(tokio::time::timeout(TIMEOUT, stored).await?)
    }
}

impl fmt::Display for NoPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the catalogue has no price for the article")
    }
}

impl std::error::Error for NoPrice {}
