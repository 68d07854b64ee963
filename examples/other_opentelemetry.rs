//! A service with another version of OpenTelemetry than the one that gusset knows: no type of
//! OpenTelemetry's is in gusset's interface, so versions cannot collide.
//!
//! ```text
//! cargo run --example other_opentelemetry
//! ```
//!
//! What a library records by the other version belongs to the same trace, since ids are plain bytes.

use std::convert::Infallible;
use std::time::Duration;

use gusset::SpanIds;
use http::{Request, Response};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};
use tower::{Layer as _, ServiceExt as _, service_fn};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let signals = gusset::telemetry().build()?;
    let gusset = signals.http().build()?;
    let service = service_fn(async |_: Request<String>| {
        // A library that asks the other version where it is.
        let _here = here().map(Context::attach);
        let span = Context::current().span().span_context().clone();
        Ok::<_, Infallible>(Response::new(span.trace_id().to_string()))
    });
    let request = Request::get("/")
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .body(String::new())?;
    let response = gusset.layer().layer(service).oneshot(request).await?;
    let seen = http_body_util::BodyExt::collect(response).await?.to_bytes();
    assert_eq!(&seen[..], b"0af7651916cd43dd8448eb211c80319c");
    println!("both are in the trace {}", String::from_utf8_lossy(&seen));
    println!("{}", signals.shutdown(Duration::from_secs(5)));
    Ok(())
}

/// The call that is under way, as the other version would have it.
fn here() -> Option<Context> {
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
