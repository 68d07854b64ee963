//! Spans created with the OpenTelemetry API in a call.

use gusset_opentelemetry::context;
use gusset_trace::TraceObserver;
use gusset_trace::sampler::AlwaysOff;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

use crate::support::*;

/// Returns the spans that a handler creates with the OpenTelemetry API.
async fn legacy(trace: TraceObserver) -> Vec<opentelemetry_sdk::trace::SpanData> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let tracer = provider.tracer("legacy");
    during(trace, || {
        let span = tracer.start_with_context("load", &context());
        // A child, created as usual with that API.
        let cx = context().with_span(span);
        tracer.start_with_context("query", &cx).end();
        cx.span().end();
    })
    .await;
    exporter.get_finished_spans().unwrap()
}

#[tokio::test]
async fn otel_span_is_a_child_of_the_call() {
    let spans = Spans::default();
    let others = legacy(built(TraceObserver::server().sink(spans.clone()))).await;
    let call = spans.only();
    let [query, load] = &others[..] else {
        panic!("{others:#?}")
    };
    assert_eq!((&*load.name, &*query.name), ("load", "query"));
    for span in [load, query] {
        assert_eq!(span.span_context.trace_id().to_bytes(), call.trace_id);
        assert!(span.span_context.is_sampled());
    }
    assert_eq!(load.parent_span_id.to_bytes(), call.span_id);
    assert!(!load.parent_span_is_remote);
    assert_eq!(query.parent_span_id, load.span_context.span_id());
}

#[tokio::test]
async fn otel_span_shares_the_sampling_decision() {
    let spans = Spans::default();
    let trace = TraceObserver::server()
        .sampler(AlwaysOff)
        .sink(spans.clone());
    assert!(legacy(built(trace)).await.is_empty());
    assert!(spans.take().is_empty());
}
