//! Each message is settled once, whatever happens to it. Time is paused.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod headers;
mod support;

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gusset_core::{ObserveLayer, Rejected, RequestResponse, SpanIds};
use gusset_messaging::{MemoryQueue, MessageSpans, Settlement, SettlementClassifier, Worker};
use tokio::sync::Notify;
use tokio::time::sleep;
use tower::{Layer as _, service_fn};

use self::support::*;

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(10);

type Numbers = RequestResponse<u32, Settlement, SettlementClassifier>;

#[tokio::test(start_paused = true)]
async fn each_message_is_settled_as_its_handler_decides() {
    let (queue, metrics) = (numbers(3), TestMetrics::new());
    let handler = service_fn(async |number: u32| match number {
        1 => Ok(Settlement::Ack),
        2 => Ok(Settlement::DeadLetter),
        _ => Err(io::Error::other("no")),
    });
    queue.close();
    let worker = Worker::new("orders", queue.clone(), handler).recorder(metrics.recorder());
    let report = worker.system("memory").run().await;
    assert_eq!(report.settled(Settlement::Ack), 1);
    assert_eq!(report.settled(Settlement::Nack), 4);
    assert_eq!(report.settled(Settlement::DeadLetter), 2);
    assert_eq!(queue.dead_letters(), [2, 3]);
    assert_eq!(
        metrics.series("gusset.messaging.settlements"),
        [
            ("orders memory ack".to_owned(), 1.0),
            ("orders memory dead_letter".to_owned(), 2.0),
            ("orders memory nack".to_owned(), 4.0),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn message_is_counted_with_its_lag_and_its_redeliveries() {
    let (queue, metrics) = (numbers(1), TestMetrics::new());
    queue.close();
    let handler = service_fn(async |_: u32| Err::<Settlement, _>(io::Error::other("no")));
    let worker = Worker::new("orders", queue, handler).max_deliveries(3);
    let report = worker.recorder(metrics.recorder()).run().await;
    assert_eq!(report.settled(Settlement::DeadLetter), 1);
    let all = metrics.all();
    assert_eq!(all["messaging.client.consumed.messages"], 3.0);
    assert_eq!(all["gusset.messaging.redelivered"], 2.0);
    assert_eq!(
        all["gusset.messaging.lag"], 3.0,
        "one value for each receipt"
    );
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_batch_are_counted_as_many_as_they_are() {
    let (source, metrics) = (Redelivered::new(2).with_messages(10), TestMetrics::new());
    let handler = service_fn(async |(): ()| Ok::<_, io::Error>(Settlement::Ack));
    let worker = Worker::new("orders", source.clone(), handler);
    let report = worker.recorder(metrics.recorder()).run().await;
    assert_eq!(source.settled(), [Settlement::Ack], "settled as one");
    assert_eq!(report.settled(Settlement::Ack), 10);
    let all = metrics.all();
    assert_eq!(all["messaging.client.consumed.messages"], 10.0);
    assert_eq!(all["gusset.messaging.redelivered"], 10.0);
    assert_eq!(all["gusset.messaging.settlements"], 10.0);
}

#[tokio::test(start_paused = true)]
async fn panic_returns_the_message_and_does_not_end_the_worker() {
    let queue = numbers(2);
    queue.close();
    let calls = Arc::new(AtomicU32::new(0));
    let handler = service_fn(move |_: u32| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move {
            match call {
                0 => std::panic::resume_unwind(Box::new("on purpose")),
                _ => Ok::<_, io::Error>(Settlement::Ack),
            }
        }
    });
    let report = Worker::new("orders", queue, handler).run().await;
    assert_eq!(report.settled(Settlement::Nack), 1);
    assert_eq!(report.settled(Settlement::Ack), 2);
}

#[tokio::test(start_paused = true)]
async fn poison_message_is_put_aside_without_being_processed() {
    let source = Redelivered::new(6);
    let handler = service_fn(async |(): ()| -> Result<Settlement, io::Error> {
        panic!("it would end the process again")
    });
    let worker = Worker::new("orders", source.clone(), handler);
    let report = worker.run().await;
    assert_eq!(source.settled(), [Settlement::DeadLetter]);
    assert_eq!(report.settled(Settlement::DeadLetter), 1);
}

#[tokio::test(start_paused = true)]
async fn message_that_is_given_back_each_time_is_put_aside_at_last() {
    let queue = numbers(1);
    queue.close();
    let handler = service_fn(async |_: u32| Ok::<_, io::Error>(Settlement::Nack));
    let report = Worker::new("orders", queue.clone(), handler).run().await;
    assert_eq!(report.settled(Settlement::Nack), 4);
    assert_eq!(queue.dead_letters(), [1]);
}

#[tokio::test(start_paused = true)]
async fn rejected_message_is_returned_later_and_its_deliveries_do_not_count() {
    let queue = numbers(1);
    queue.close();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let handler = service_fn(move |_: u32| {
        let call = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            match call {
                0..10 => Err(io::Error::other(Rejected::new("bulkhead"))),
                10 => Err(io::Error::other("no")),
                _ => Ok(Settlement::Ack),
            }
        }
    });
    let started = tokio::time::Instant::now();
    let worker = Worker::new("orders", queue.clone(), handler).max_deliveries(2);
    let report = worker.run().await;
    assert_eq!(report.settled(Settlement::Ack), 1);
    assert!(queue.dead_letters().is_empty());
    assert_eq!(calls.load(Ordering::Relaxed), 12);
    assert_eq!(
        started.elapsed().as_secs(),
        10,
        "it does not go round and round"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_logged_of_a_dead_letter_has_its_trace_id() {
    let (log, ids) = (LoggedIds::default(), SpanIds::new([7; 16], [1; 8], true));
    let spans = ObserveLayer::<Numbers, _>::new((Spans(ids), MessageSpans::new()));
    let handler = spans.layer(service_fn(async |number: u32| match number {
        1 => std::panic::resume_unwind(Box::new("on purpose")),
        _ => Err::<Settlement, _>(io::Error::other("no")),
    }));
    let queue = numbers(2);
    queue.close();
    let worker = Worker::new("orders", queue, handler).max_deliveries(1);
    let report = worker.dispatch(log.dispatch()).run().await;
    assert_eq!(report.settled(Settlement::DeadLetter), 2);
    assert_eq!(log.all(), [Some(ids); 2]);
}

#[tokio::test(start_paused = true)]
async fn dead_letter_without_a_call_has_the_trace_id_of_its_sender() {
    let (log, ids) = (LoggedIds::default(), SpanIds::new([7; 16], [1; 8], true));
    let handler = service_fn(async |(): ()| Ok::<_, io::Error>(Settlement::Ack));
    let worker = Worker::new("orders", Redelivered::new(6), handler);
    let worker = worker.sender_span(move |()| Some(ids));
    let report = worker.dispatch(log.dispatch()).run().await;
    assert_eq!(report.settled(Settlement::DeadLetter), 1);
    assert_eq!(log.all(), [Some(ids)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_than_the_limit_are_taken() {
    let queue = numbers(5);
    let handler = service_fn(async |_: u32| {
        sleep(SECOND).await;
        Ok::<_, io::Error>(Settlement::Ack)
    });
    let worker = Worker::new("orders", queue.clone(), handler).max_in_flight(2);
    let task = tokio::spawn(worker.run());
    sleep(MOMENT).await;
    assert_eq!(queue.len(), 3, "two are in progress");
    queue.close();
    assert_eq!(task.await.unwrap().settled(Settlement::Ack), 5);
}

#[tokio::test(start_paused = true)]
async fn unconfirmed_settlements_count_as_in_flight() {
    let source = Unconfirmed::default();
    let handler = service_fn(async |(): ()| Ok::<_, io::Error>(Settlement::Ack));
    let worker = Worker::new("orders", source.clone(), handler).max_in_flight(2);
    let report = worker.until(sleep(SECOND)).run().await;
    assert_eq!(source.taken(), 2, "the broker confirms nothing");
    assert_eq!(report.settled(Settlement::Ack), 2);
}

#[tokio::test(start_paused = true)]
async fn shutdown_takes_nothing_and_finishes_what_is_in_progress() {
    let queue = numbers(2);
    let handler = service_fn(async |_: u32| {
        sleep(SECOND).await;
        Ok::<_, io::Error>(Settlement::Ack)
    });
    let worker = Worker::new("orders", queue.clone(), handler).max_in_flight(1);
    let report = worker.until(sleep(SECOND / 2)).run().await;
    assert_eq!(report.settled(Settlement::Ack), 1);
    assert!(report.unfinished().is_empty());
    assert_eq!(queue.len(), 1, "the other is left in the queue");
}

#[tokio::test(start_paused = true)]
async fn unfinished_message_is_named_and_given_back_at_the_deadline() {
    let queue = numbers(2);
    let handler = service_fn(async |number: u32| {
        match number {
            1 => sleep(SECOND * 2).await,
            _ => pending().await,
        }
        Ok::<_, io::Error>(Settlement::Ack)
    });
    let worker = Worker::new("orders", queue.clone(), handler);
    let worker = worker.until(sleep(SECOND)).shutdown_timeout(SECOND * 3);
    let started = tokio::time::Instant::now();
    let report = worker.run().await;
    assert_eq!(started.elapsed().as_secs(), 4);
    assert_eq!(report.unfinished(), ["2"]);
    assert_eq!(report.settled(Settlement::Ack), 1);
    assert_eq!(queue.len(), 1, "for another worker");
}

#[tokio::test(start_paused = true)]
async fn messages_are_left_in_the_queue_while_the_service_is_not_ready() {
    let (queue, metrics, gate) = (numbers(2), TestMetrics::new(), Gate::default());
    let handler = gate.around(service_fn(async |_: u32| {
        Ok::<_, io::Error>(Settlement::Ack)
    }));
    let worker = Worker::new("orders", queue.clone(), handler).recorder(metrics.recorder());
    gate.close();
    let task = tokio::spawn(worker.run());
    sleep(SECOND).await;
    assert_eq!(queue.len(), 2);
    assert_eq!(metrics.all()["gusset.messaging.paused"], 1.0);
    gate.open();
    sleep(SECOND).await;
    assert_eq!(queue.len(), 0);
    assert_eq!(metrics.all()["gusset.messaging.paused"], 0.0);
    queue.close();
    assert_eq!(task.await.unwrap().settled(Settlement::Ack), 2);
}

#[tokio::test(start_paused = true)]
async fn source_that_fails_is_called_again_after_a_second() {
    let source = Redelivered::new(1).failing(3);
    let handler = service_fn(async |(): ()| Ok::<_, io::Error>(Settlement::Ack));
    let started = tokio::time::Instant::now();
    let report = Worker::new("orders", source, handler).run().await;
    assert_eq!(report.settled(Settlement::Ack), 1);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_replayed() {
    let queue = numbers(1);
    let repaired = Arc::new(Notify::new());
    let is_repaired = repaired.clone();
    let handler = service_fn(move |_: u32| {
        let is_repaired = is_repaired.clone();
        async move {
            match tokio::time::timeout(MOMENT, is_repaired.notified()).await {
                Ok(()) => Ok(Settlement::Ack),
                Err(error) => Err(error),
            }
        }
    });
    let worker = Worker::new("orders", queue.clone(), handler).max_deliveries(1);
    let task = tokio::spawn(worker.run());
    sleep(SECOND).await;
    assert_eq!(queue.dead_letters(), [1]);
    repaired.notify_one();
    assert_eq!(queue.replay(), 1);
    queue.close();
    assert_eq!(task.await.unwrap().settled(Settlement::Ack), 1);
    assert!(queue.dead_letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn settlements_are_outcomes_of_the_call() {
    let ends = Ends::default();
    let layer = ObserveLayer::<Numbers, _>::new(ends.clone());
    let handler = layer.layer(service_fn(async |number: u32| {
        Ok::<_, io::Error>(Settlement::ALL[number as usize - 1])
    }));
    let queue = numbers(3);
    queue.close();
    let worker = Worker::new("orders", queue, handler).max_deliveries(1);
    let _report = worker.max_in_flight(1).run().await;
    assert_eq!(ends.all(), ["success", "nack", "dead_letter"]);
}

fn numbers(count: u32) -> MemoryQueue<u32> {
    let queue = MemoryQueue::new();
    (1..=count).for_each(|number| queue.send(number));
    queue
}
