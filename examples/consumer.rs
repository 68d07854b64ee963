//! A message consumer that uses gusset: a `tower::Service` of jobs, without HTTP.
//!
//! `cargo run --example consumer`: jobs arrive from a channel. Some fail, some time out, and some are
//! dead-lettered: an `Ok` to the code, and an error to the operator of the queue. At the end it prints
//! its metrics.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use gusset::{Classification, Classify, End, Outcome, RequestResponse, ResponseKind, StaticStr};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

const JOBS: u32 = 200;
const QUEUE_CAPACITY: usize = 16;
const JOB_TIMEOUT: Duration = Duration::from_millis(30);

struct Job {
    queue: &'static str,
    number: u32,
    /// What the producer sent along, its trace context too.
    headers: HashMap<String, String>,
}

enum Done {
    Acknowledged,
    DeadLettered,
}

#[derive(Debug)]
struct OutOfStock;

/// Processes a job. Three of ten fail, each in another way.
async fn process(job: Job) -> Result<Done, OutOfStock> {
    sleep(Duration::from_millis(3)).await;
    match job.number % 10 {
        7 => Err(OutOfStock),
        8 => Ok(Done::DeadLettered),
        // Hangs until the consumer's timeout.
        9 => std::future::pending().await,
        _ => Ok(Done::Acknowledged),
    }
}

/// Classifies the outcome of a job for all signals.
struct JobClassifier {
    is_dead: bool,
}

type JobProtocol = RequestResponse<Job, Done, JobClassifier>;

impl Classify<JobProtocol> for JobClassifier {
    fn start(_: &Job) -> Self {
        Self { is_dead: false }
    }

    fn on_response(&mut self, done: &Done) -> ResponseKind {
        self.is_dead = matches!(done, Done::DeadLettered);
        ResponseKind::NoBody
    }

    fn on_end(&self, end: &End<'_, JobProtocol>) -> Classification {
        let error = |name| Classification::new(Outcome::ServerError).with_error(name);
        match end {
            End::Failed(_, failure) if failure.downcast_ref::<OutOfStock>().is_some() => {
                error(StaticStr::new(&"out_of_stock"))
            }
            End::Complete(_) if self.is_dead => error(StaticStr::new(&"dead_lettered")),
            // Timeouts and panics have a classification already.
            end => Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success)),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gusset = gusset::message_consumer::<Job, Done>("channel")
        .classifier::<JobClassifier>()
        .operation("fulfil")
        .destination(|job| Some(job.queue))
        .headers(|job| &job.headers)
        .log(|log| log)
        .trace(|trace| trace)
        .build()?;
    let mut consumer = ServiceBuilder::new()
        .layer(gusset.layer())
        .service(service_fn(process));

    let (sender, mut receiver) = mpsc::channel(QUEUE_CAPACITY);
    tokio::spawn(async move {
        for number in 0..JOBS {
            let queue = ["orders", "returns"][usize::from(number % 3 == 0)];
            let headers = HashMap::new();
            let job = Job {
                queue,
                number,
                headers,
            };
            if sender.send(job).await.is_err() {
                break;
            }
        }
    });
    while let Some(job) = receiver.recv().await {
        let number = job.number;
        match timeout(JOB_TIMEOUT, consumer.ready().await?.call(job)).await {
            Ok(Ok(Done::Acknowledged)) => {}
            Ok(Ok(Done::DeadLettered)) => println!("job {number}: dead-lettered"),
            Ok(Err(error)) => println!("job {number}: {error}"),
            Err(_) => println!("job {number}: timed out"),
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
