//! Providers, processors and calls of the tests of spans.

use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task;
use std::time::Duration;

use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::ScriptedBody;
use gusset_trace::TraceObserver;
use http::{Request, Response, StatusCode};
use http_body::Body;
use opentelemetry::{Context, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tower::{Layer as _, ServiceExt as _, service_fn};

/// Records what a processor receives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) started: Vec<Context>,
    pub(crate) ended: Vec<SpanData>,
    pub(crate) flushes: usize,
    pub(crate) shutdowns: usize,
    pub(crate) resources: Vec<Resource>,
}

impl Recorder {
    pub(crate) fn with<R>(&self, read: impl FnOnce(&mut Recorded) -> R) -> R {
        // A failed assertion in `read` must not fail the drop of a provider too.
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the only span that ended since the last call.
    #[track_caller]
    pub(crate) fn only(&self) -> SpanData {
        let mut ended = self.with(|recorded| std::mem::take(&mut recorded.ended));
        assert_eq!(ended.len(), 1, "{ended:#?}");
        ended.remove(0)
    }
}

impl SpanProcessor for Recorder {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        use opentelemetry::trace::Span as _;
        span.set_attribute(KeyValue::new("on_start", true));
        self.with(|recorded| recorded.started.push(cx.clone()));
    }

    fn on_end(&self, span: SpanData) {
        self.with(|recorded| recorded.ended.push(span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.with(|recorded| recorded.flushes += 1);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.with(|recorded| recorded.shutdowns += 1);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.with(|recorded| recorded.resources.push(resource.clone()));
    }
}

/// Makes one call of a server whose service runs `work`. Returns what that returns.
pub(crate) fn serve<R>(trace: TraceObserver, req: Request<()>, work: impl FnOnce() -> R) -> R {
    exchange::<HttpServerClassifier, R>(trace, req, StatusCode::OK, work)
}

/// Makes one call of a client whose transport runs `work`. Returns what that returns.
pub(crate) fn request<R>(trace: TraceObserver, req: Request<()>, work: impl FnOnce() -> R) -> R {
    exchange::<HttpClientClassifier, R>(trace, req, StatusCode::OK, work)
}

/// Makes one call of a server that responds with an error.
pub(crate) fn serve_error(trace: TraceObserver, req: Request<()>, work: impl FnOnce()) {
    exchange::<HttpServerClassifier, ()>(trace, req, StatusCode::SERVICE_UNAVAILABLE, work);
}

fn exchange<C: HttpClassifier, R>(
    trace: TraceObserver,
    req: Request<()>,
    status: StatusCode,
    work: impl FnOnce() -> R,
) -> R {
    let (mut work, mut result) = (Some(work), None);
    let service = service_fn(|_: Request<()>| {
        result = Some(work.take().unwrap()());
        let mut res = Response::new(ScriptedBody::new().data("hello"));
        *res.status_mut() = status;
        ready(Ok::<_, Infallible>(res))
    });
    let call = ObserveLayer::<Http<C>, _>::new(trace)
        .layer(service)
        .oneshot(req);
    let Ok(res) = now(call);
    drain(res.into_body());
    result.unwrap()
}

/// Reads a body to its end.
pub(crate) fn drain(body: impl Body) {
    let mut body = pin!(body);
    while now(poll_fn(|cx| body.as_mut().poll_frame(cx))).is_some() {}
}

/// Polls a future that does not wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut task::Context::from_waker(task::Waker::noop())) {
        task::Poll::Ready(output) => output,
        task::Poll::Pending => panic!("the call waits"),
    }
}

/// Returns all values of an attribute.
pub(crate) fn values<'a>(span: &'a SpanData, key: &'static str) -> Vec<&'a Value> {
    let key = Key::from_static_str(key);
    let found = span
        .attributes
        .iter()
        .filter(|attribute| attribute.key == key);
    found.map(|attribute| &attribute.value).collect()
}

/// Returns the resource of a service with this name.
pub(crate) fn resource(service: &'static str) -> Resource {
    Resource::builder_empty().with_service_name(service).build()
}
