//! A consumer of a queue that wears gusset: no HTTP, just a `tower::Service` of jobs.
//!
//! `cargo run --example consumer`: jobs come from a channel. Some fail, and some end among the dead
//! letters, which is no error to the code but is one to whoever watches the queue. At the end it
//! prints its page.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gusset::{Classification, Classify, End, Outcome, RequestResponse, ResponseKind, StaticStr};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

struct Job {
    queue: &'static str,
    number: u32,
}

enum Done {
    Acknowledged,
    DeadLettered,
}

#[derive(Debug)]
struct OutOfStock;

/// What a consumer makes of a job.
async fn process(job: Job) -> Result<Done, OutOfStock> {
    sleep(Duration::from_millis(3)).await;
    match job.number % 10 {
        7 => Err(OutOfStock),
        8 => Ok(Done::DeadLettered),
        // Stuck: the consumer will give it up.
        9 => std::future::pending().await,
        _ => Ok(Done::Acknowledged),
    }
}

/// What the end of a job is called, on the page and everywhere else.
struct Rules {
    dead: bool,
}

type Consume = RequestResponse<Job, Done, Rules>;

impl Classify<Consume> for Rules {
    fn start(_: &Job) -> Self {
        Self { dead: false }
    }

    fn on_response(&mut self, done: &Done) -> ResponseKind {
        self.dead = matches!(done, Done::DeadLettered);
        ResponseKind::NoBody
    }

    fn on_end(&self, end: &End<'_, Consume>) -> Classification {
        let fault = |error| Classification::new(Outcome::ServerError).with_error(error);
        match end {
            End::Failed(_, failure) if failure.downcast_ref::<OutOfStock>().is_some() => {
                fault(StaticStr::new(&"out_of_stock"))
            }
            End::Complete(_) if self.dead => fault(StaticStr::new(&"dead_lettered")),
            // A job that was given up, or panicked, speaks for itself.
            end => Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success)),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gusset = gusset::message_consumer::<Job, Done>("channel")
        .classifier::<Rules>()
        .metrics(|metrics| {
            metrics
                .operation("fulfil")
                .destination(|job: &Job| Some(job.queue))
        })
        .build()?;
    let mut consumer = ServiceBuilder::new()
        .layer(gusset.layer())
        .service(service_fn(process));

    let (queue, mut jobs) = mpsc::channel(16);
    tokio::spawn(async move {
        for number in 0..200 {
            let queue_name = ["orders", "returns"][usize::from(number % 3 == 0)];
            let job = Job {
                queue: queue_name,
                number,
            };
            if queue.send(job).await.is_err() {
                break;
            }
        }
    });
    while let Some(job) = jobs.recv().await {
        let number = job.number;
        let done = timeout(Duration::from_millis(30), consumer.ready().await?.call(job)).await;
        match done {
            Ok(Ok(Done::Acknowledged)) => {}
            Ok(Ok(Done::DeadLettered)) => println!("job {number}: among the dead letters"),
            Ok(Err(error)) => println!("job {number}: {error}"),
            Err(_) => println!("job {number}: given up"),
        }
    }
    print!("\n{}", gusset.prometheus().endpoint().render());
    Ok(())
}

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of stock")
    }
}

impl Error for OutOfStock {}
