//! Messages: counted by destination, failures by their type.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use gusset_core::{ObserveLayer, RequestResponse};
use gusset_metrics::MessageMetrics;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::*;

struct Job(&'static str);

struct Consumer;

impl Service<Job> for Consumer {
    type Response = ();
    type Error = std::io::Error;
    type Future = Ready<Result<(), std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, job: Job) -> Self::Future {
        ready(match job.0 {
            "late" => Err(std::io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        })
    }
}

#[test]
fn a_message_is_recorded_by_destination_and_its_failure_by_type() {
    let book = Book::new();
    let metrics = MessageMetrics::consumer(book.recorder.clone(), "channel")
        .operation("settle")
        .destination(|job: &Job| Some(job.0))
        .build()
        .unwrap();
    let mut service = ObserveLayer::<RequestResponse<Job, ()>, _>::new(metrics).layer(Consumer);
    assert!(now(service.call(Job("orders"))).is_ok());
    assert!(now(service.call(Job("late"))).is_err());

    let rows = book.rows();
    let mut labels: Vec<_> = rows
        .of("messaging.process.duration")
        .into_iter()
        .map(|row| row.labels)
        .collect();
    labels.sort();
    assert_eq!(
        labels,
        [
            vec![
                "error.type=timeout",
                "messaging.destination.name=late",
                "messaging.operation.name=settle",
                "messaging.system=channel",
            ],
            vec![
                "messaging.destination.name=orders",
                "messaging.operation.name=settle",
                "messaging.system=channel",
            ],
        ]
    );
    assert_eq!(rows.sum("gusset.messaging.active_messages"), 0.0);
}
