//! A sink that collects spans, and calls to export.

use std::sync::{Arc, Mutex};

use gusset_core::{ObserveLayer, Observer};
use gusset_data::{SpanData, SpanSink, Value};
use gusset_http::{Http, HttpClassifier};
use gusset_testkit::ScriptedBody;
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::VALID;
use crate::support::*;

/// Collects the exported spans.
#[derive(Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

impl Spans {
    /// Returns the spans exported since the last call.
    pub(crate) fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Returns the only exported span.
    #[track_caller]
    pub(crate) fn only(&self) -> SpanData {
        let mut spans = self.take();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }
}

/// Returns the value of an attribute as text.
pub(crate) fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let mut found = span.attributes.iter().filter(|(key, _)| key == name);
    let value = found
        .next()
        .map(|(_, value): &(_, Value)| value.to_string());
    assert!(found.next().is_none(), "{name} is set twice");
    value
}

#[track_caller]
pub(crate) fn has(span: &SpanData, attributes: &[(&str, &str)]) {
    for (name, value) in attributes {
        assert_eq!(attribute(span, name).as_deref(), Some(*value), "{name}");
    }
}

#[track_caller]
pub(crate) fn lacks(span: &SpanData, names: &[&str]) {
    for name in names {
        assert_eq!(attribute(span, name), None, "{name}");
    }
}

pub(crate) fn get(uri: &str) -> Request<()> {
    let req = Request::get(uri).header("host", "shop.example:8080");
    req.header("traceparent", VALID).body(()).unwrap()
}

/// Builds an observer with one environment variable.
pub(crate) fn built_with(builder: TraceObserverBuilder, name: &str, value: &str) -> TraceObserver {
    let env = |variable: &str| (variable == name).then(|| value.to_owned());
    builder.build_with(env).unwrap()
}

/// Makes one call of a service that runs `work`.
pub(crate) fn during<R: HttpClassifier, O: Observer<Http<R>>>(
    observer: O,
    req: Request<()>,
    mut work: impl FnMut(),
) {
    exchange::<R, _>(observer, req, move |_| {
        work();
        hello()
    });
}

/// Makes a call whose future is dropped before it is ready.
pub(crate) fn cancelled_call(observer: TraceObserver) {
    let layer = ObserveLayer::<Http, _>::new(observer);
    let mut service = layer.layer(tower_service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<ScriptedBody>, std::convert::Infallible>>()
    }));
    drop(service.call(get("/")));
}

/// Returns a service of a function that returns a future.
pub(crate) fn tower_service_fn<F>(work: F) -> Function<F> {
    Function(work)
}

#[derive(Clone)]
pub(crate) struct Function<F>(F);

impl<F, Req, Fut, Res, E> tower_service::Service<Req> for Function<F>
where
    F: FnMut(Req) -> Fut,
    Fut: Future<Output = Result<Res, E>>,
{
    type Response = Res;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), E>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Req) -> Fut {
        (self.0)(req)
    }
}
