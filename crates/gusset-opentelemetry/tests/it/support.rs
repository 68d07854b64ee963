//! Sinks that collect spans, and calls of a service.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};

use gusset_core::ObserveLayer;
use gusset_data::{SpanData, SpanSink};
use gusset_http::Http;
use gusset_testkit::ScriptedBody;
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};

/// A valid `traceparent` of a caller.
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

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

/// Builds an observer that reads no environment.
pub(crate) fn built(builder: TraceObserverBuilder) -> TraceObserver {
    builder.build_with(|_| None).unwrap()
}

/// Makes one call of a service that runs `work`.
pub(crate) async fn during(trace: TraceObserver, mut work: impl FnMut()) {
    let service = ObserveLayer::<Http, _>::new(trace).layer(service_fn(|_: Request<()>| {
        work();
        ready(Ok::<_, Infallible>(Response::new(
            ScriptedBody::new().data("hello"),
        )))
    }));
    let req = Request::get("/").header("traceparent", TRACEPARENT);
    let Ok(res) = service.oneshot(req.body(()).unwrap()).await;
    drop(res);
}
