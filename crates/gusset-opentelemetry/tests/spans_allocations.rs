//! Allocations of a span's export on the thread of the request: none.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::convert::Infallible;
use std::time::{Duration, UNIX_EPOCH};

use gusset_core::Env;
use gusset_data::{SpanData, SpanKind, SpanSink as _, SpanStatus};
use gusset_opentelemetry::SpanExporterPipeline;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanExporter;

/// An exporter that is never ready.
#[derive(Debug)]
struct Hanging;

impl SpanExporter for Hanging {
    async fn export(&self, _: Vec<opentelemetry_sdk::trace::SpanData>) -> OTelSdkResult {
        std::future::pending().await
    }
}

fn span() -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: "GET /".into(),
        kind: SpanKind::Server,
        scope: "test".into(),
        start: UNIX_EPOCH,
        end: UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

#[test]
fn push_allocates_nothing() {
    let vars = |name: &str| match name {
        "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_BSP_EXPORT_TIMEOUT" => Some("3600000".to_owned()),
        _ => None,
    };
    let pipeline = SpanExporterPipeline::builder()
        .start_in(Env::from_fn(&vars), || Ok::<_, Infallible>(Hanging))
        .unwrap();
    let sink = pipeline.span_sink();
    // More than the capacity, so that complete batches and a full queue are among them.
    let info = allocation_counter::measure(|| {
        for _ in 0..8192 {
            sink.export(span());
        }
    });
    assert_eq!(info.count_total, 0);
    let report = pipeline.shutdown(Duration::ZERO);
    assert!(report.dropped > 0 && report.pending > 0, "{report:?}");
}
