//! Operations are recorded by their names, and failures by type.

use std::io;

use gusset_core::operation::{Operation, Operations};
use gusset_core::{ObserveLayer, ObservedOperation};
use gusset_metrics::OperationMetrics;

use crate::support::*;

fn operation(
    recorder: &TestRecorder,
    operation: impl Into<Operation>,
) -> ObservedOperation<OperationMetrics> {
    let metrics = OperationMetrics::builder(recorder.recorder.clone());
    let metrics = metrics.build().unwrap();
    ObserveLayer::<Operations, _>::new(metrics).operation(operation)
}

fn fail() -> std::future::Ready<Result<(), io::Error>> {
    std::future::ready(Err(io::ErrorKind::TimedOut.into()))
}

fn labels(recorder: &TestRecorder, metric: &str) -> Vec<Vec<String>> {
    let series = recorder.snapshot().all(metric);
    series.into_iter().map(|series| series.labels).collect()
}

#[test]
fn operation_of_the_service_has_its_name_and_error_type() {
    let recorder = TestRecorder::new();
    let reprice = operation(&recorder, "reprice");
    assert!(ready(reprice.run(fail())).is_err());
    assert_eq!(
        labels(&recorder, "gusset.operation.duration"),
        [["error.type=timeout", "gusset.operation.name=reprice"]]
    );
    assert_eq!(
        labels(&recorder, "gusset.operation.outcomes"),
        [[
            "gusset.operation.name=reprice",
            "gusset.outcome=server_error"
        ]]
    );
    assert_eq!(recorder.snapshot().sum("gusset.operation.active"), 0.0);
}

#[test]
fn cancelled_operation_is_recorded_once() {
    let recorder = TestRecorder::new();
    drop(operation(&recorder, "reprice").run(fail()));
    assert_eq!(
        labels(&recorder, "gusset.operation.outcomes"),
        [["gusset.operation.name=reprice", "gusset.outcome=cancelled"]]
    );
}

#[test]
fn database_operation_has_system_operation_and_collection() {
    let recorder = TestRecorder::new();
    let query = Operation::database("postgresql", "SELECT", "orders");
    ready(operation(&recorder, query).run_infallible(async {}));
    let mut labels = labels(&recorder, "db.client.operation.duration").remove(0);
    labels.sort();
    assert_eq!(
        labels,
        [
            "db.collection.name=orders",
            "db.operation.name=SELECT",
            "db.system.name=postgresql",
        ]
    );
    assert_eq!(recorder.snapshot().count("gusset.operation.duration"), 0);
}

#[test]
fn collection_without_a_name_is_no_label() {
    let recorder = TestRecorder::new();
    let ping = Operation::database("redis", "PING", "");
    ready(operation(&recorder, ping).run_infallible(async {}));
    assert_eq!(
        labels(&recorder, "db.client.operation.duration"),
        [["db.operation.name=PING", "db.system.name=redis"]]
    );
}

#[test]
fn sent_messages_are_counted_as_many_as_they_are() {
    let recorder = TestRecorder::new();
    let send = operation(&recorder, Operation::send("nats", "orders"));
    ready(send.run_infallible(async {}));
    let batch = send.clone().with(|send| send.with_messages(3));
    ready(batch.run_infallible(async {}));
    assert!(ready(batch.run(fail())).is_err());
    let snapshot = recorder.snapshot();
    let mut sent: Vec<_> = snapshot
        .all("messaging.client.sent.messages")
        .into_iter()
        .map(|series| (series.labels[0].clone(), series.values[0]))
        .collect();
    sent.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert_eq!(
        sent,
        [
            ("error.type=timeout".to_owned(), 3.0),
            ("messaging.destination.name=orders".to_owned(), 4.0),
        ]
    );
    assert_eq!(snapshot.count("messaging.client.operation.duration"), 3);
}

#[test]
fn names_that_are_too_long_share_the_overflow_series() {
    let recorder = TestRecorder::new();
    let send = Operation::send("nats", "o".repeat(300));
    ready(operation(&recorder, send).run_infallible(async {}));
    assert_eq!(
        labels(&recorder, "messaging.client.operation.duration"),
        [["otel.metric.overflow=true"]]
    );
}
