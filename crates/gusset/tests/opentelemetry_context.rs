//! OpenTelemetry's current context inside of calls, by the methods of the façade.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::future::ready;
use std::sync::mpsc;

use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt as _, service_fn};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

type Body = Empty<&'static [u8]>;
type Handler = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Calls a service in a layer. Returns the trace of OpenTelemetry's current context during the call.
async fn trace_in_call<L>(layer: L) -> String
where
    L: Layer<Handler, Service: Service<Request<Body>, Error = Infallible>>,
{
    let (sender, receiver) = mpsc::channel();
    let handler = BoxCloneSyncService::new(service_fn(move |_| {
        let trace = Context::map_current(|cx| cx.span().span_context().trace_id());
        sender.send(trace.to_string()).unwrap();
        ready(Ok(Response::new(Body::new())))
    }));
    let request =
        Request::get("/").header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    let request = request.body(Body::new()).unwrap();
    assert!(layer.layer(handler).oneshot(request).await.is_ok());
    receiver.recv().unwrap()
}

#[tokio::test]
async fn context_is_that_of_the_call() {
    let http = gusset::http().opentelemetry_context().build().unwrap();
    assert_eq!(trace_in_call(http.layer()).await, TRACE);

    let telemetry = gusset::telemetry().opentelemetry_context();
    let telemetry = telemetry.build_with(|_| None).unwrap();
    let http = telemetry.http().build().unwrap();
    assert_eq!(trace_in_call(http.layer()).await, TRACE);

    let gusset = gusset::builder().opentelemetry_context().without_health();
    let gusset = gusset.without_management().build_with(|_| None).unwrap();
    assert_eq!(trace_in_call(gusset.http()).await, TRACE);
}

#[tokio::test]
async fn context_is_left_alone_by_default() {
    let gusset = gusset::builder().without_health().without_management();
    let gusset = gusset.build_with(|_| None).unwrap();
    assert_eq!(trace_in_call(gusset.http()).await, "0".repeat(32));
}
