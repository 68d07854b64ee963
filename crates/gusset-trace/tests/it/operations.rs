//! An operation has a span inside of the current one, of its own kind.

use std::collections::HashMap;

use gusset_core::operation::{Operation, Operations};
use gusset_core::{Env, ObserveLayer, ObservedOperation};
use gusset_http::HttpServerClassifier;
use gusset_propagation::Propagators;
use gusset_trace::{OperationTrace, TraceObserver, inject_message};
use http::Request;

use crate::support::*;

fn operation(of: impl Into<Operation>) -> ObservedOperation<OperationTrace> {
    let trace = TraceObserver::server().build_operations(Env::from_fn(&|_| None));
    ObserveLayer::<Operations, _>::new(trace.unwrap()).operation(of)
}

fn one(of: impl Into<Operation>) -> RecordedSpan {
    let operation = operation(of);
    let spans = SpanRecorder::during(|_| now(operation.run_infallible(async {})));
    spans.into_iter().next().unwrap()
}

#[test]
fn operation_of_the_service_is_internal() {
    let span = one("reprice");
    assert_eq!(span.fields["otel.name"], "reprice");
    assert_eq!(span.fields["otel.kind"], "internal");
    assert_eq!(span.fields["gusset.operation.name"], "reprice");
    assert_eq!(span.fields["gusset.outcome"], "success");
    assert!(!span.fields.contains_key("parent_span_id"), "a root");
    assert!(span.closed);
}

#[test]
fn database_operation_is_a_client_without_its_statement() {
    let span = one(Operation::database("postgresql", "SELECT", "orders"));
    assert_eq!(span.fields["otel.name"], "SELECT orders");
    assert_eq!(span.fields["otel.kind"], "client");
    assert_eq!(span.fields["db.system.name"], "postgresql");
    assert_eq!(span.fields["db.operation.name"], "SELECT");
    assert_eq!(span.fields["db.collection.name"], "orders");
    assert!(!span.fields.contains_key("db.query.text"));
}

#[test]
fn failed_operation_has_the_type_of_its_error() {
    let reprice = operation("reprice");
    let spans = SpanRecorder::during(|_| {
        let failed = async { Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)) };
        assert!(now(reprice.run(failed)).is_err());
    });
    assert_eq!(spans[0].fields["error.type"], "timeout");
    assert_eq!(spans[0].fields["otel.status_code"], "ERROR");
}

#[test]
fn operation_inside_of_a_call_is_its_child() {
    let send = operation(Operation::send("nats", "orders"));
    let spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(
            built(TraceObserver::server()),
            Request::new(()),
            |_| {
                now(send.run_infallible(async {}));
                hello()
            },
        );
    });
    let [server, send] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(send.fields["otel.kind"], "producer");
    assert_eq!(send.fields["otel.name"], "send orders");
    assert_eq!(send.fields["trace_id"], server.fields["trace_id"]);
    assert_eq!(send.fields["parent_span_id"], server.fields["span_id"]);
}

#[test]
fn message_carries_the_span_that_sends_it() {
    let send = operation(Operation::send("nats", "orders"));
    let mut headers: HashMap<String, String> = HashMap::new();
    let spans = SpanRecorder::during(|_| {
        now(send.run_infallible(async { inject_message(&Propagators::default(), &mut headers) }));
    });
    let ids = ["trace_id", "span_id", "trace_flags"].map(|name| spans[0].fields[name].clone());
    assert_eq!(headers["traceparent"], format!("00-{}", ids.join("-")));
}
