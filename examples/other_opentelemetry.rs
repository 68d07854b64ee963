//! A service whose library uses another version of OpenTelemetry than gusset's bridge does. They do not conflict,
//! because only `gusset::opentelemetry` has the types of a version.
//!
//! ```text
//! cargo run --example other_opentelemetry
//! ```
//!
//! Spans of both versions belong to gusset's trace: of the bridge's version by itself, of the other one because
//! ids are plain bytes.

use std::convert::Infallible;

use gusset::SpanIds;
use gusset::opentelemetry::{OpenTelemetryContext, SharedSpanProcessor, SpanProcessorSink};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_0_30::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_0_30::{Context, SpanId, TraceId};
use opentelemetry_sdk::trace::{BatchSpanProcessor, InMemorySpanExporter, SdkTracerProvider};
use tower::{Layer as _, ServiceExt as _, service_fn};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The SDK of the bridge's version exports the spans of the calls.
    let exporter = InMemorySpanExporter::default();
    let processor = BatchSpanProcessor::builder(exporter.clone()).build();
    let processor = SharedSpanProcessor::new(processor);
    let provider = SdkTracerProvider::builder().with_span_processor(processor.clone());
    let provider = provider.build();
    let sink = SpanProcessorSink::new(processor);
    let gusset = gusset::http()
        .trace(|trace| trace.sink(sink).context_bridge(&OpenTelemetryContext))
        .build()?;

    let service = service_fn(async |_: Request<String>| {
        let current = opentelemetry::Context::current();
        let bridged = current.span().span_context().trace_id().to_string();
        let _guard = current_context().map(Context::attach);
        // A library of the other version sees this context.
        let other = Context::current().span().span_context().trace_id();
        Ok::<_, Infallible>(Response::new(format!("{bridged} {other}")))
    });
    let request = Request::get("/")
        .header("traceparent", format!("00-{TRACE_ID}-b7ad6b7169203331-01"))
        .body(String::new())?;
    let response = gusset.layer().layer(service).oneshot(request).await?;
    let seen = response.collect().await?.to_bytes();
    let seen = String::from_utf8_lossy(&seen);
    assert_eq!(seen, format!("{TRACE_ID} {TRACE_ID}"));
    println!("trace of the request:          {TRACE_ID}");
    println!("of the bridge and the library: {seen}");

    provider.force_flush()?;
    let spans = exporter.get_finished_spans()?;
    let exported = spans.first().map(|span| span.span_context.trace_id());
    assert_eq!(exported.map(|id| id.to_string()).as_deref(), Some(TRACE_ID));
    Ok(provider.shutdown()?)
}

/// Returns the current request as a context of the other version.
fn current_context() -> Option<Context> {
    let ids = SpanIds::current()?;
    let context = SpanContext::new(
        TraceId::from_bytes(ids.trace_id()),
        SpanId::from_bytes(ids.span_id()),
        match ids.is_sampled() {
            true => TraceFlags::SAMPLED,
            false => TraceFlags::default(),
        },
        false,
        TraceState::NONE,
    );
    Some(Context::new().with_remote_span_context(context))
}
