//! Messages are recorded by destination, and failures by type.

use std::future::{self, Ready};
use std::task::{Context, Poll};

use gusset_core::{ObserveLayer, RequestResponse};
use gusset_metrics::MessagingMetrics;
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
        future::ready(match job.0 {
            "late" => Err(std::io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        })
    }
}

#[test]
fn message_is_recorded_by_destination_and_error_type() {
    let recorder = TestRecorder::new();
    let metrics = MessagingMetrics::consumer(recorder.recorder.clone(), "channel")
        .operation("settle")
        .destination(|job: &Job| Some(job.0))
        .build()
        .unwrap();
    let mut service = ObserveLayer::<RequestResponse<Job, ()>, _>::new(metrics).layer(Consumer);
    assert!(ready(service.call(Job("orders"))).is_ok());
    assert!(ready(service.call(Job("late"))).is_err());

    let snapshot = recorder.snapshot();
    let mut labels: Vec<_> = snapshot
        .all("messaging.process.duration")
        .into_iter()
        .map(|series| series.labels)
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
    assert_eq!(snapshot.sum("gusset.messaging.active_messages"), 0.0);
}

#[test]
fn message_is_recorded_if_the_destination_function_panics() {
    let recorder = TestRecorder::new();
    let metrics = MessagingMetrics::consumer(recorder.recorder.clone(), "channel")
        .destination(|_: &Job| panic!("on purpose"))
        .build()
        .unwrap();
    let layer = ObserveLayer::<RequestResponse<Job, ()>, _>::new(metrics.clone());
    assert!(ready(layer.layer(Consumer).call(Job("orders"))).is_ok());
    assert_eq!(recorder.snapshot().count("messaging.process.duration"), 1);
    assert_eq!(metrics.panics(), 1);
}

#[test]
fn unfinished_message_has_no_stage() {
    let recorder = TestRecorder::new();
    let metrics = MessagingMetrics::consumer(recorder.recorder.clone(), "channel");
    let layer = ObserveLayer::<RequestResponse<Job, ()>, _>::new(metrics.build().unwrap());
    let mut service = layer.layer(Consumer);
    assert!(ready(service.call(Job("late"))).is_err());
    drop(service.call(Job("orders")));

    let series = recorder.snapshot().all("gusset.messaging.outcomes");
    let mut labels: Vec<_> = series.into_iter().map(|series| series.labels).collect();
    labels.sort();
    let expected = ["cancelled", "server_error"].map(|outcome| {
        let outcome = format!("gusset.outcome={outcome}");
        let operation = "messaging.operation.name=process".to_owned();
        vec![outcome, operation, "messaging.system=channel".to_owned()]
    });
    assert_eq!(labels, expected);
}
