//! A service whose library uses another version of OpenTelemetry than gusset does. They do not conflict,
//! because gusset's default API has no OpenTelemetry types.
//!
//! ```text
//! cargo run --example other_opentelemetry
//! ```
//!
//! Spans of the library belong to gusset's trace, because ids are plain bytes.

use std::convert::Infallible;
use std::time::Duration;

use gusset::SpanIds;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};
use tower::{Layer as _, ServiceExt as _, service_fn};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = gusset::telemetry().build()?;
    let gusset = telemetry.http().build()?;
    let service = service_fn(async |_: Request<String>| {
        let _guard = current_context().map(Context::attach);
        // A library of the other version sees this context.
        let span = Context::current().span().span_context().clone();
        Ok::<_, Infallible>(Response::new(span.trace_id().to_string()))
    });
    let request = Request::get("/")
        .header("traceparent", format!("00-{TRACE_ID}-b7ad6b7169203331-01"))
        .body(String::new())?;
    let response = gusset.layer().layer(service).oneshot(request).await?;
    let seen = response.collect().await?.to_bytes();
    assert_eq!(&seen[..], TRACE_ID.as_bytes());
    println!("trace of the request: {TRACE_ID}");
    println!("trace of the library: {}", String::from_utf8_lossy(&seen));
    eprintln!("{}", telemetry.shutdown(Duration::from_secs(5)));
    Ok(())
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
